# SPDX-License-Identifier: Apache-2.0
"""The process that runs a detector of an operator's: `python -m douane.detect.hook_worker`, spoken to by `douane.worker`."""

import json
from importlib import import_module

from douane.worker import serve

__all__: list[str] = []

_LONGEST_VERSION = 64


class _Child:
    """The detector of this process, once it was greeted with what makes it."""

    def greet(self, payload: bytes) -> bytes:
        wanted = json.loads(payload)
        module, _, name = wanted["factory"].partition(":")
        self.detector = getattr(import_module(module), name)(**wanted["settings"])
        version = str(getattr(self.detector, "version", "unknown"))[:_LONGEST_VERSION]
        self.version = version if version.isprintable() else "unknown"
        return b""

    def answer(self, payload: bytes) -> bytes:
        texts = json.loads(payload)
        found = self.detector.detect(texts) if texts else []
        return json.dumps({"version": self.version, "found": [[list(span) for span in some] for some in found]}).encode()


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
