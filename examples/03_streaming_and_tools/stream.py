# SPDX-License-Identifier: Apache-2.0
"""Two turns of a streamed conversation, and what the model saw of them.

make run                                                    in one terminal
.venv/bin/python examples/03_streaming_and_tools/stream.py      in another
"""

import json
import os
import sys
import urllib.request

import openai

MODEL = os.environ.get("DEMO_MODEL_URL", "http://127.0.0.1:8081")
client = openai.OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"), api_key="none")


def turn(history: list[dict[str, str]], text: str) -> None:
    """Say something, and print the answer as it comes: pieces as the gateway lets them go."""
    history.append({"role": "user", "content": text})
    said = []
    for chunk in client.chat.completions.create(model="assistant", messages=history, stream=True):  # type: ignore[call-overload]
        if chunk.choices and chunk.choices[0].delta.content:
            said.append(chunk.choices[0].delta.content)
            print(said[-1], end="|", flush=True)
    print()
    history.append({"role": "assistant", "content": "".join(said)})


def main() -> None:
    history: list[dict[str, str]] = []
    turn(history, "Write to anna.berger@example.org about her refund.")
    turn(history, "And send a copy of it to anna.berger@example.org and to IBAN DE89370400440532013000.")
    with urllib.request.urlopen(f"{MODEL}/received") as received:
        for message in json.load(received)[-1]["messages"]:
            print(f"the model saw, {message['role']}: {message['content']}")


if __name__ == "__main__":
    sys.exit(main())
