# SPDX-License-Identifier: Apache-2.0
"""A tool call whose arguments the tool gets as they are, and the model never saw.

make run                                                  in one terminal
.venv/bin/python examples/03_streaming_and_tools/tool.py      in another
"""

import json
import os
import sys
import urllib.request

import openai

MODEL = os.environ.get("DEMO_MODEL_URL", "http://127.0.0.1:8081")
client = openai.OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"), api_key="none")
PARAMETERS = {"type": "object", "properties": {"to": {"type": "string"}, "account": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "send_letter", "description": "Sends a letter.", "parameters": PARAMETERS}}]


def send_letter(to: str, account: str) -> str:
    """The app's own tool: it works with the real values."""
    print(f"the tool got:  to {to}, account {account}")
    return f"sent to {to}"


def main() -> None:
    text = "Book a letter to anna.berger@example.org about IBAN DE89370400440532013000."
    arguments = ""
    stream = client.chat.completions.create(model="assistant", messages=[{"role": "user", "content": text}], tools=TOOLS, stream=True)  # type: ignore[call-overload]
    for chunk in stream:  # arguments come in fragments of JSON; joined they are JSON, with the originals in it
        for call in (chunk.choices and chunk.choices[0].delta.tool_calls) or ():
            arguments += call.function.arguments or ""
    send_letter(**json.loads(arguments))
    with urllib.request.urlopen(f"{MODEL}/received") as received:
        print(f"the model saw: {json.load(received)[-1]['messages'][-1]['content']}")


if __name__ == "__main__":
    sys.exit(main())
