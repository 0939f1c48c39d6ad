# SPDX-License-Identifier: Apache-2.0
"""The network of rampart on onnxruntime: it reads a piece of text and says of each word how likely it is part of a name."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from douane.detect.names.rampart_graph import INPUT, OUTPUT, graph
from douane.detect.names.rampart_weights import Files, weights
from douane.detect.names.rampart_words import LEAST, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Network"]

# Of what the model tells apart, the names of persons and of places; never its numbers, which it sees in every order number.
_PERSON = slice(1, 5)  # given names and surnames, each with B- and I-
_PLACE = slice(25, 33)  # streets, secondary addresses, cities and states
_STREET = slice(25, 29)  # the first two of these
_MOST_TOKENS = 512
_REMEMBERED = 16_384
_SCALE = 255  # chances are remembered in one byte


class _Session(Protocol):
    """What is used of `onnxruntime.InferenceSession`, which has no types."""

    def run(self, outputs: Sequence[str], inputs: "dict[str, NDArray[np.int64]]") -> "list[NDArray[np.float32]]": ...


class Network:
    """Implements `Reader`. Thread-safe, and it uses no network of the other kind.

    What it thinks of the last 16 384 pieces is remembered, by a keyed hash of their tokens: no text, at most 9 MB.
    """

    def __init__(self, files: Files, *, threads: int) -> None:
        """Loads the files: a quarter of a second, 100 MB. Raises `ImportError` where the libraries are not there."""
        import onnxruntime
        from tokenizers import Tokenizer

        onnxruntime.set_default_logger_severity(3)
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The graph stands as it should run. Threads that spin between two texts take the processor from who has work.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        model = graph(weights(files.model))
        self._session: _Session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_buffer(files.tokenizer)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._key = secrets.token_bytes(32)
        self._memory: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def read(self, text: str) -> list[Word]:
        """See `Reader.read`. Raises `ValueError` for a text of more than 512 tokens."""
        encoding = self._tokenizer.encode(text)
        chances = self._chances(encoding.ids)
        if not chances:
            return []
        words: list[Word] = []
        last = None
        kinds = chances[::3], chances[1::3], chances[2::3]
        for index, (start, end), *told in zip(encoding.word_ids, encoding.offsets, *kinds, strict=True):
            if index is None:
                continue
            person, place, street = (chance / _SCALE for chance in told)
            if index == last:  # a word is as likely a name as the likeliest part of it
                before = words.pop()
                start, end = before.start, max(before.end, end)
                person, place, street = max(before.person, person), max(before.place, place), max(before.street, street)
            words.append(Word(start, end, person, place, street))
            last = index
        return words

    def _chances(self, tokens: Sequence[int]) -> bytes:
        """Of each token the chances of a person, a place, and a street among places, in bytes; nothing where none reaches `LEAST`."""
        import numpy as np

        ids = np.array([tokens], np.int64)
        key = blake2b(ids.tobytes(), digest_size=16, key=self._key).digest()
        with self._lock:
            known = self._memory.get(key)
            if known is not None:
                self._memory.move_to_end(key)
                return known
        if len(tokens) > _MOST_TOKENS:
            raise ValueError("too many tokens")
        (logits,) = self._session.run([OUTPUT], {INPUT: ids})
        odds = np.exp(logits[0] - logits[0].max(-1, keepdims=True))
        shares = np.stack([odds[:, kind].sum(-1) for kind in (_PERSON, _PLACE, _STREET)], -1) / odds.sum(-1, keepdims=True)
        chances = np.rint(shares * _SCALE).astype(np.uint8)
        told = chances.tobytes() if chances.max() >= LEAST * _SCALE else b""
        with self._lock:
            self._memory[key] = told
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)
        return told
