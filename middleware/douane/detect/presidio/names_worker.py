# SPDX-License-Identifier: Apache-2.0
"""The process that runs models for names: `python -m douane.detect.presidio.names_worker`, spoken to by `douane.worker`."""

import json
import logging
from pathlib import Path
from typing import Any

from douane.detect.presidio.digest import tree_digest
from douane.detect.presidio.engines import Look, loaded
from douane.detect.presidio.host import Answer, Host
from douane.detect.presidio.offline import shut
from douane.errors import ConfigRejected
from douane.worker import serve

__all__: list[str] = []


class _Child:
    """The models of this process, by language, once it was greeted with them."""

    def greet(self, payload: bytes) -> bytes:
        shut()
        logging.disable(logging.CRITICAL)  # what a library says may quote what it looked at
        self.told: dict[str, dict[str, Any]] = json.loads(payload)
        self.looks: dict[str, Look] = {}
        for language, model in self.told.items():
            folder = Path(model["folder"])
            _verify(language, folder, model["digest"])
            self.looks[language] = loaded(model["engine"], folder, language, model["labels"])
            self.look(language, "Anna Example wrote this.")  # the first look is the slowest
        return b""

    def answer(self, payload: bytes) -> bytes:
        return json.dumps([self.look(language, text) for language, text in json.loads(payload)]).encode()

    def look(self, language: str, text: str) -> Answer:
        model = self.told[language]
        labels, threshold, rule = model["labels"], model["threshold"], f"{model['engine']}.{language}"
        return [
            (labels[label], start, end, min(1.0, max(0.0, score)), rule)
            for label, start, end, score in self.looks[language](text)
            if label in labels and score >= threshold and start < end
        ]


def _verify(language: str, folder: Path, digest: str) -> None:
    try:
        found = tree_digest(folder)
    except ConfigRejected as cause:
        raise Host.rejected(str(cause)) from cause
    if found != digest:
        raise Host.rejected(
            f"the model for `{language}` is not the one of the configuration: its digest is `{found}`; see where it is from"
        )


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
