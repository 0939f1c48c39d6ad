# SPDX-License-Identifier: Apache-2.0
"""A JSON body: read strictly, rewritten by byte splices, so that what nobody edits stays as it was sent.

Strict means RFC 8259 with the choices of RFC 7493 (I-JSON) where two readers might differ: UTF-8 without a byte-order mark, no duplicate
names, no lone surrogates, no NaN, no fraction beyond a double. The guard must see the body that the model will see.
"""

import json
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from douane.errors import BodyRejected

__all__ = ["Body", "BodyLimits", "decode_content"]

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SPACE = re.compile(rb"[ \t\n\r]*+")
# Of a text that was parsed: a name with all up to its value, a value without an inside, and all between two members.
_NAME = re.compile(rb'"((?:[^"\\]++|\\.)*+)"[ \t\n\r]*+:[ \t\n\r]*+', re.DOTALL)
_LEAF = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}"]++', re.DOTALL)
_NEXT = re.compile(rb"[ \t\n\r]*+(?:,[ \t\n\r]*+)?+")
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_WINDOW_BITS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # RFC 9110, 8.4.1.2: deflate is zlib's format; some send it raw
_INFLATE_STEP = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """`size` in bytes; `depth` in levels of nesting; `leaves` in values and members together."""

    size: int
    depth: int
    leaves: int


class _Duplicate(ValueError):
    """An object names a member twice."""


class _Number(ValueError):
    """A number that JSON or a double does not know."""


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON text and its value. `tree` is to be read, never changed: edits are made on `raw`."""

    raw: bytes = field(repr=False)
    tree: object = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes, limits: BodyLimits) -> "Body":
        """Read a body. Raises `BodyRejected` with a stable code; no message quotes the body."""
        _check_bounds(raw, limits)
        try:
            text = raw.decode()
        except UnicodeDecodeError as cause:
            raise BodyRejected(f"the body is not UTF-8 (byte {cause.start}); send JSON in UTF-8", code="invalid_json") from None
        try:
            tree = _DECODER.decode(text)
        except json.JSONDecodeError as cause:
            where = f"line {cause.lineno}, column {cause.colno}"
            raise BodyRejected(f"the body is not JSON ({where}); send one JSON value", code="invalid_json") from None
        except _Duplicate:
            raise BodyRejected("an object of the body names a member twice; name each once", code="duplicate_key") from None
        except (ValueError, RecursionError):
            raise BodyRejected("the body holds a number that is none in JSON or is out of range", code="invalid_number") from None
        if _ESCAPED_SURROGATE.search(raw) and _holds_lone_surrogate(tree):
            message = "a string of the body holds half of a surrogate pair, which is no character; send whole characters"
            raise BodyRejected(message, code="lone_surrogate")
        return cls(raw, tree)

    def rewrite(
        self,
        *,
        values: Mapping[str, object] | None = None,
        keys: Mapping[str, str] | None = None,
        removed: Collection[str] = (),
    ) -> bytes:
        """The body with these edits made, every other byte as it was.

        Pointers are RFC 6901, of the body as it came: `values` replaces, or adds a member whose parent object exists; `keys` renames a
        member; `removed` takes a member or element away, absent is fine. An edit inside something removed or replaced is dropped.
        Raises `LookupError` for a place that does not exist, `ValueError` where two members would have one name.
        """
        if values and len(values) == 1 and not keys and not removed:
            ((pointer, value),) = values.items()
            respelt = self._respelt(pointer, value) if type(value) is str else None
            if respelt is not None:
                return respelt
        plan = _Plan()
        for pointer, value in (values or {}).items():
            node = plan.at(pointer)
            node.value, node.is_set = value, True
        for pointer, name in (keys or {}).items():
            plan.at(pointer).name = name
        for pointer in removed:
            plan.at(pointer).is_removed = True
        splices: list[tuple[int, int, bytes]] = []
        start = _after(_SPACE, self.raw, 0)
        if plan.is_set:
            return _json(plan.value)
        if plan.children:
            _walk(self.raw, start, plan, splices)
        pieces: list[bytes] = []
        done = 0
        for begin, end, replacement in sorted(splices, key=lambda splice: splice[:2]):
            pieces += (self.raw[done:begin], replacement)
            done = end
        pieces.append(self.raw[done:])
        return b"".join(pieces)

    def _respelt(self, pointer: str, value: str) -> bytes | None:
        """The body with one string replaced, where nothing but its member can be written so: the usual edit of a chunk, without a walk."""
        raw = self.raw
        if b"\\" in raw:
            return None  # strings may be written in several ways, and quotes stand in them
        *path, name = pointer.split("/")[1:] or ("",)
        node = self.tree
        for token in path:
            node = node.get(token) if type(node) is dict else node[int(token)] if type(node) is list and token.isdecimal() else None
        old = node.get(name) if type(node) is dict else None
        if type(old) is not str:
            return None
        begin = b'"%b"' % name.encode()
        if raw.count(begin) != 1:
            return None  # another member, or a value, is called so
        for joint in (b":", b": "):
            member = begin + joint + _json(old)
            if member in raw:
                return raw.replace(member, begin + joint + _json(value))
        return None


# Reading


def _check_bounds(raw: bytes, limits: BodyLimits) -> None:
    """What must hold before a parser may look: it would build a value for each leaf, and call itself for each level."""
    if len(raw) > limits.size:
        message = f"the body is larger than the {limits.size} bytes that this gateway takes"
        raise BodyRejected(message, status=413, code="body_too_large")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise BodyRejected("the body begins with a byte-order mark; leave it out", code="invalid_json")
    # Over-estimates first: counting bytes is cheap, and most bodies are far from either bound.
    brackets = raw.count(b"[") + raw.count(b"{")
    if brackets + raw.count(b",") <= limits.leaves and brackets <= limits.depth:
        return
    bare = _STRING.sub(b"", raw)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > limits.leaves:
        message = f"the body holds more than the {limits.leaves} values that this gateway takes"
        raise BodyRejected(message, status=413, code="too_many_values")
    depth = 0
    for byte in bare.translate(None, delete=_NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > limits.depth:
            raise BodyRejected(f"the body is nested deeper than the {limits.depth} levels that this gateway takes", code="too_deep")
        if depth < 0:
            break


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Duplicate
    return members


def _no_number(_: str) -> NoReturn:
    raise _Number


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0.0:  # only infinities differ from themselves here
        raise _Number
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)


def _holds_lone_surrogate(tree: object) -> bool:
    rest = [tree]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            rest.extend(value)
            rest.extend(value.values())
        elif isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            return True
    return False


# Rewriting


class _Plan:
    """The edits at one place and below it."""

    __slots__ = ("children", "is_removed", "is_set", "name", "value")

    def __init__(self) -> None:
        self.children: dict[str, _Plan] = {}
        self.value: object = None
        self.is_set = False
        self.name: str | None = None
        self.is_removed = False

    @property
    def only_removes(self) -> bool:
        """Whether it asks for nothing that must be there: what is absent is as good as removed."""
        if self.is_set or self.name is not None:
            return False
        return self.is_removed or (bool(self.children) and all(child.only_removes for child in self.children.values()))

    def at(self, pointer: str) -> "_Plan":
        if pointer and not pointer.startswith("/"):
            raise LookupError("an edit names a place by something that is no JSON Pointer")
        node = self
        for token in pointer.split("/")[1:]:
            node = node.children.setdefault(token.replace("~1", "/").replace("~0", "~"), _Plan())
        return node


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _after(pattern: re.Pattern[bytes], raw: bytes, at: int) -> int:
    match = pattern.match(raw, at)
    assert match is not None  # the body was parsed before
    return match.end()


def _value_end(raw: bytes, at: int) -> int:
    if raw[at] not in b"[{":
        return _after(_LEAF, raw, at)
    depth = 0
    for match in _STRUCTURE.finditer(raw, at):
        byte = raw[match.start()]
        if byte in b"[{":
            depth += 1
        elif byte in b"]}":
            depth -= 1
            if depth == 0:
                return match.end()
    raise AssertionError("an unclosed value in a body that was parsed")


def _walk(raw: bytes, at: int, plan: _Plan, splices: list[tuple[int, int, bytes]]) -> int:
    """Collect the splices of a container that begins at `at`; returns where it ends."""
    is_object = raw[at] == 0x7B
    if not is_object and raw[at] != 0x5B:
        if not all(child.only_removes for child in plan.children.values()):
            raise LookupError("an edit names a place inside something that has no inside")
        return _value_end(raw, at)
    spans: list[tuple[int, int, bool]] = []  # begin and end of each member, and whether it goes
    names: list[str] = []
    seen: set[str] = set()
    cursor = _after(_SPACE, raw, at + 1)
    while raw[cursor] not in b"]}":
        begin = cursor
        if is_object:
            member = _NAME.match(raw, begin)
            assert member is not None
            name = member[1].decode() if b"\\" not in member[1] else json.loads(b'"%b"' % member[1])
            cursor = member.end()
        else:
            name = str(len(spans))
        child = plan.children.get(name)
        if child is None:
            end = _value_end(raw, cursor)
        else:
            seen.add(name)
            if child.is_removed:
                end = _value_end(raw, cursor)
            else:
                end = _edit(raw, cursor, child, splices)
                if child.name is not None and is_object:
                    splices.append((begin, _after(_STRING, raw, begin), _json(child.name)))
                    name = child.name
        is_removed = child is not None and child.is_removed
        spans.append((begin, end, is_removed))
        if not is_removed:
            names.append(name)
        cursor = _after(_NEXT, raw, end)
    _remove(spans, splices)
    added = [(name, child) for name, child in plan.children.items() if name not in seen and not child.only_removes]
    if added:
        if not is_object or any(not child.is_set for _, child in added):
            raise LookupError("an edit names a place that the body does not have")
        members = b",".join(_json(name) + b":" + _json(child.value) for name, child in added)
        splices.append((cursor, cursor, (b"," if names else b"") + members))
        names.extend(name for name, _ in added)
    if is_object and len(set(names)) != len(names):
        raise ValueError("two members of an object would have one name")
    return cursor + 1


def _edit(raw: bytes, at: int, plan: _Plan, splices: list[tuple[int, int, bytes]]) -> int:
    if plan.is_set:
        end = _value_end(raw, at)
        splices.append((at, end, _json(plan.value)))
        return end
    return _walk(raw, at, plan, splices) if plan.children else _value_end(raw, at)


def _remove(spans: list[tuple[int, int, bool]], splices: list[tuple[int, int, bytes]]) -> None:
    """Take away runs of members, each with the one comma that it leaves behind."""
    index = 0
    while index < len(spans):
        if not spans[index][2]:
            index += 1
            continue
        first = index
        while index < len(spans) and spans[index][2]:
            index += 1
        if index < len(spans):
            splices.append((spans[first][0], spans[index][0], b""))
        elif first:
            splices.append((spans[first - 1][1], spans[-1][1], b""))
        else:
            splices.append((spans[0][0], spans[-1][1], b""))


# Content codings


def decode_content(raw: bytes, encoding: str, limits: BodyLimits) -> bytes:
    """The content behind a `Content-Encoding` of `identity`, `gzip` or `deflate` (RFC 9110, 8.4). Raises `BodyRejected`."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return raw
    if name not in _WINDOW_BITS:
        message = "the body's content encoding is not understood; send it as it is, or as `gzip` or `deflate`"
        raise BodyRejected(message, status=415, code="unsupported_encoding")
    for bits in _WINDOW_BITS[name]:
        try:
            return _inflate(raw, bits, limits)
        except zlib.error:
            continue
    raise BodyRejected(f"the body is not what its content encoding `{name}` says", code="invalid_encoding")


def _inflate(raw: bytes, bits: int, limits: BodyLimits) -> bytes:
    pieces: list[bytes] = []
    size = 0
    rest = raw
    while rest:  # gzip members may follow each other (RFC 1952, 2.2)
        inflater = zlib.decompressobj(bits)
        while not inflater.eof:
            piece = inflater.decompress(rest, _INFLATE_STEP)
            size += len(piece)
            if size > limits.size:
                message = f"the body is larger, decoded, than the {limits.size} bytes that this gateway takes"
                raise BodyRejected(message, status=413, code="body_too_large")
            pieces.append(piece)
            rest = inflater.unconsumed_tail
            if not rest and not piece and not inflater.eof:
                raise zlib.error("it ends before its end")
        rest = inflater.unused_data
        if rest and bits != 31:
            raise zlib.error("something follows its end")
    return b"".join(pieces)
