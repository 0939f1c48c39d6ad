# SPDX-License-Identifier: Apache-2.0
"""Our detectors in Presidio's own AnalyzerEngine, in a process of its own: nothing of ours imports Presidio, tests included."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "urllib.Request"):
        raise OSError(event)
sys.addaudithook(refuse)
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, LocalRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from douane.detect.presidio.ours import recognizers
from douane.detect.types import TYPES
languages = ["en", "fr"]
ours = recognizers(languages)
registry = RecognizerRegistry(recognizers=ours, supported_languages=languages)
engine = AnalyzerEngine(
    registry=registry,
    nlp_engine=NoOpNlpEngine([{"lang_code": language, "model_name": "none"} for language in languages]),
    supported_languages=languages,
)
text = "write to anna.first@example.org, DE89 3704 0044 0532 0130 00, password: hunter2x"
found = {
    language: sorted((one.entity_type, text[one.start : one.end], one.score) for one in engine.analyze(text, language=language))
    for language in languages
}
few = [one.entity_type for one in engine.analyze(text, language="en", entities=["IBAN_CODE"])]
entities = sorted({entity for one in ours for entity in one.supported_entities})
print(json.dumps([found, few, entities, all(isinstance(one, LocalRecognizer) for one in ours), [one.name for one in ours],
    set(entities) <= set(TYPES), [len(one.get_supported_entities()) > 0 and one.version for one in ours]]))
"""


def test_an_analyzer_engine_finds_what_our_detectors_find() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found, few, entities, are_local, names, are_types, versions = json.loads(done.stdout)
    values = [[type_, value] for type_, value, _ in found["en"]]
    assert values == [["EMAIL_ADDRESS", "anna.first@example.org"], ["IBAN_CODE", "DE89 3704 0044 0532 0130 00"], ["PASSWORD", "hunter2x"]]
    assert found["fr"] == found["en"]
    assert all(0 < score <= 1 for *_, score in found["en"])
    assert few == ["IBAN_CODE"]
    assert are_local
    assert are_types
    assert "PERSON" not in entities
    assert names == ["DouaneIdentifiersRecognizer", "DouaneSecretsRecognizer"] * 2
    assert all(versions)
