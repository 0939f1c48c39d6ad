# SPDX-License-Identifier: Apache-2.0
"""A chat through the gateway: only the base URL differs from a chat without it.

make run                                       in one terminal
.venv/bin/python examples/01_gateway/chat.py      in another
"""

import os
import sys

import openai

client = openai.OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"), api_key="none")


def chat(text: str, model: str = "assistant") -> None:
    """Stream one answer to standard output."""
    stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], stream=True)
    for chunk in stream:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    print()


def main() -> None:
    chat("Write to anna.berger@example.org that her refund to IBAN DE89370400440532013000 is on its way.")
    for text, model in (
        ("Why does the key ghp_16C7e42F292c6912E7710c838347Ae178B4a fail?", "assistant"),
        ("Summarise the report.", "frontier"),
    ):
        try:
            chat(text, model)
        except openai.APIStatusError as refusal:  # 400 for content, 403 for a destination; never retried
            print(f"HTTP {refusal.status_code}, {refusal.code}, decision {refusal.response.headers['x-douane-decision']}")


if __name__ == "__main__":
    sys.exit(main())
