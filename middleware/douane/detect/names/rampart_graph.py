# SPDX-License-Identifier: Apache-2.0
"""The network of rampart in ONNX, written anew for a processor: one text at a time, multiplied in whole numbers.

It is BERT (Devlin et al. 2018) with six layers. The wheel's graph unpacks its numbers of 4 bits to floats for every product; here they
become numbers of 7 bits with one scale for each output once, at load, which halves the time. 7 and not 8, because processors without
VNNI add two products in 16 bits, which 8 bits could overflow. Inputs are quantised as they come, by the largest of one text:
INVARIANT: a graph is run with one text and without padding, so that what is found in a text depends on that text only.
"""

from typing import TYPE_CHECKING

from douane.detect.names.rampart_weights import Weights
from douane.detect.names.rampart_wire import field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["INPUT", "OUTPUT", "graph"]

INPUT = "ids"
"""The numbers of the tokens, int64 [1, tokens]."""
OUTPUT = "logits"
"""What is said of each token, float32 [1, tokens, labels]."""

_LAYERS, _HEADS, _LABELS = 6, 12, 35
_EPSILON = 1e-12
_LARGEST = 63
_MICROSOFT = "com.microsoft"
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}  # TensorProto.DataType


def graph(weights: Weights) -> bytes:
    """The network as the bytes of a ModelProto, for which onnxruntime has all operators."""
    out = _Writer()
    hidden = _embedded(out, weights)
    for layer in range(_LAYERS):
        hidden = _layer(out, weights, f"layer.{layer}", hidden)
    labels = out.node("MatMul", hidden, out.tensor("classifier", weights.matrix("/classifier/MatMul_Q4")))
    out.node("Add", labels, out.tensor("classifier.bias", weights.vector("classifier.bias")), result=OUTPUT)
    return out.model(_LABELS)


def _embedded(out: "_Writer", weights: Weights) -> str:
    """Of each token its vector and that of its place; those of the words stay in 8 bits until they are wanted."""
    import numpy as np

    words = "bert.embeddings.word_embeddings.weight_"
    parts = [out.tensor(words + part, weights.tensors[words + part]) for part in ("quantized", "scale", "zero_point")]
    word = out.node("DequantizeLinear", out.node("Gather", parts[0], INPUT), *parts[1:])
    # Every text is the first of a pair, so that the vector for that is a part of every place.
    places = weights.table("bert.embeddings.position_embeddings") + weights.table("bert.embeddings.token_type_embeddings")[0]
    tokens = out.node("Slice", out.node("Shape", INPUT), *(out.tensor(f"one.{at}", np.array([at])) for at in (1, 2)))
    place = out.node("Slice", out.tensor("places", places), out.tensor("zero", np.array([0])), tokens)
    return _normal(out, weights, "bert.embeddings.LayerNorm", out.node("Add", word, place))


def _layer(out: "_Writer", weights: Weights, name: str, hidden: str) -> str:
    """Attention, then two products with a curve between them, each added to what went in."""
    whole = _whole(out, hidden)
    asked = [_product(out, weights, f"{name}.attention.self.{part}", whole) for part in ("query", "key", "value")]
    heard = out.node("MultiHeadAttention", *asked, domain=_MICROSOFT, num_heads=_HEADS)
    added = out.node("Add", _product(out, weights, f"{name}.attention.output.dense", _whole(out, heard)), hidden)
    hidden = _normal(out, weights, f"bert.encoder.{name}.attention.output.LayerNorm", added)
    wide = out.node("Gelu", _product(out, weights, f"{name}.intermediate.dense", _whole(out, hidden)), domain=_MICROSOFT)
    added = out.node("Add", _product(out, weights, f"{name}.output.dense", _whole(out, wide)), hidden)
    return _normal(out, weights, f"bert.encoder.{name}.output.LayerNorm", added)


def _whole(out: "_Writer", hidden: str) -> tuple[str, str, str]:
    """What goes in as whole numbers, with their scale and zero."""
    results = tuple(f"{hidden}.{part}" for part in ("whole", "scale", "zero"))
    out.write("DynamicQuantizeLinear", (hidden,), results)
    return results[0], results[1], results[2]


def _product(out: "_Writer", weights: Weights, name: str, whole: tuple[str, str, str]) -> str:
    import numpy as np

    matrix = weights.matrix(f"/bert/encoder/{name.replace('.', '/').replace('layer/', 'layer.')}/MatMul_Q4")
    scale = np.abs(matrix).max(0) / _LARGEST
    numbers = np.rint(matrix / scale).astype(np.int8)
    parts = [out.tensor(f"{name}.{part}", tensor) for part, tensor in (("numbers", numbers), ("scale", scale))]
    zero = out.tensor(f"{name}.zero", np.zeros(len(scale), np.int8))
    bias = out.tensor(f"{name}.bias", weights.vector(f"bert.encoder.{name}.bias"))
    return out.node("MatMulIntegerToFloat", whole[0], parts[0], whole[1], parts[1], whole[2], zero, bias, domain=_MICROSOFT)


def _normal(out: "_Writer", weights: Weights, name: str, hidden: str) -> str:
    parts = (out.tensor(f"{name}.{part}", weights.vector(f"{name}.{part}")) for part in ("weight", "bias"))
    return out.node("LayerNormalization", hidden, *parts, epsilon=_EPSILON)


class _Writer:
    """Collects nodes and tensors of a GraphProto."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._nodes = 0

    def tensor(self, name: str, tensor: "NDArray[np.generic]") -> str:
        """Adds a tensor and gives its name."""
        shape = b"".join(field(1, length) for length in tensor.shape)
        proto = shape + field(2, _TYPES[tensor.dtype.name]) + field(8, name) + field(9, tensor.tobytes())
        self._parts.append(field(5, proto))
        return name

    def node(self, operator: str, *inputs: str, result: str = "", domain: str = "", **attributes: float) -> str:
        """Adds a node with one result and gives the name of that."""
        result = result or f"{operator}.{self._nodes}"
        self.write(operator, inputs, (result,), domain, attributes)
        return result

    def write(
        self,
        operator: str,
        inputs: tuple[str, ...],
        results: tuple[str, ...],
        domain: str = "",
        attributes: "dict[str, float] | None" = None,
    ) -> None:
        """Adds a node."""
        proto = b"".join(field(1, name) for name in inputs) + b"".join(field(2, name) for name in results)
        proto += field(3, f"node.{self._nodes}") + field(4, operator) + field(7, domain)
        for name, value in (attributes or {}).items():
            is_float = isinstance(value, float)
            proto += field(5, field(1, name) + field(2 if is_float else 3, value) + field(20, 1 if is_float else 2))
        self._parts.append(field(1, proto))
        self._nodes += 1

    def model(self, labels: int) -> bytes:
        """The ModelProto."""
        shapes = field(11, _value(INPUT, _TYPES["int64"], 1, "tokens")) + field(12, _value(OUTPUT, _TYPES["float32"], 1, "tokens", labels))
        graph = b"".join((*self._parts, field(2, "rampart"), shapes))
        self._parts.clear()  # 20 MB
        sets = (field(8, field(1, domain) + field(2, version)) for domain, version in (("", 17), (_MICROSOFT, 1)))
        return b"".join((field(1, 8), *sets, field(7, graph)))


def _value(name: str, kind: int, *shape: int | str) -> bytes:
    """A ValueInfoProto."""
    dimensions = b"".join(field(1, field(1 if isinstance(length, int) else 2, length)) for length in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dimensions)))
