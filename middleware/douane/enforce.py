# SPDX-License-Identifier: Apache-2.0
"""Fulfils obligations: exchange + findings + decision -> edits. Pure; the edits are carried out by whoever holds the body.

An obligation that cannot be fulfilled raises `Unfulfillable`, and the guard denies.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from douane.decision import Decision, DropTool, Obligation, Pseudonymise, Redact, Restore, SetField, Strip
from douane.exchange import Exchange, Segment
from douane.finding import Finding
from douane.vault import Vault

__all__ = ["Edits", "Replacer", "Unfulfillable", "enforce", "inside_json_string", "json_unescaped", "redaction"]

_STRING_OR_QUOTE = re.compile(r'"(?:[^"\\]++|\\.)*+"|"', re.DOTALL)


class Unfulfillable(Exception):
    """An obligation cannot be fulfilled in this exchange; the message says why, in words of ours."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Changes to a body, by RFC 6901 pointer: `values` replaced or added, `keys` renamed, `removed` gone.

    The maps hold text of the exchange and are in no `repr`. `counts` says how many findings each action met.
    """

    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    removed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the body may go on byte for byte."""
        return not (self.values or self.keys or self.removed)


def redaction(type_: str) -> str:
    """What stands for a finding that was removed for good."""
    return f"[REDACTED:{type_}]"


class Replacer:
    """What a decision's obligations make of findings and of surrogates: the one place where text is replaced, for bodies and streams.

    Redaction wins over a surrogate where two rules ask for both.
    """

    __slots__ = ("_pseudonymised", "_redacted", "_redacted_unknown", "_vault", "counts", "restored")

    def __init__(self, obligations: Sequence[Obligation], vault: Vault) -> None:
        self._vault = vault
        self._redacted: set[str] = set()
        self._redacted_unknown: set[str] = set()
        self._pseudonymised: set[str] = set()
        self.restored: set[str] = set()
        self.counts: dict[str, int] = {}
        for obligation in obligations:
            match obligation:
                case Redact(types, _, unknown_only):
                    (self._redacted_unknown if unknown_only else self._redacted).update(types)
                case Pseudonymise(types):
                    self._pseudonymised.update(types)
                case Restore(types):
                    self.restored.update(types)
                case SetField() | Strip() | DropTool():
                    pass

    def replacement(self, finding: Finding, value: str, *, bare: bool = False) -> str | None:
        """What stands in the place of `value`, or None where it may stay. `bare` asks for a surrogate without brackets."""
        if finding.type in self._redacted or (finding.type in self._redacted_unknown and not finding.known):
            self._count("redacted")
            text = redaction(finding.type)
            return text.strip("[]").replace(":", "_") if bare else text
        if finding.type in self._pseudonymised:
            self._count("pseudonymised")
            return self._vault.surrogate(finding.type, value, bare=bare)
        self._count("left")
        return None

    def restore(self, text: str, *, in_json: bool = False) -> str:
        """`text` with originals put back as far as a `Restore` obligation says; `in_json` escapes them for a JSON string."""
        return self._vault.restore(text, self.restored, _json_escaped) if in_json else self._vault.restore(text, self.restored)

    def _count(self, action: str) -> None:
        self.counts[action] = self.counts.get(action, 0) + 1

    def rewrite(self, segment: Segment, findings: Sequence[Finding]) -> str:
        """The segment's text with its findings (in order, without overlaps) replaced."""
        text, bare, in_json = segment.text, segment.kind in ("name", "identifier", "key"), segment.kind == "arguments"
        pieces: list[str] = []
        done = read = 0
        is_inside = False  # whether a JSON string is open at `read`
        for finding in findings:
            value = text[finding.start : finding.end]
            if in_json:
                value = json_unescaped(value)
                is_inside = inside_json_string(text[read : finding.start], is_inside=is_inside)
                read = finding.start
            replacement = self.replacement(finding, value, bare=bare)
            if replacement is None:
                continue
            if in_json and not is_inside:
                replacement = json.dumps(replacement)
            pieces += (text[done : finding.start], replacement)
            done = finding.end
        pieces.append(text[done:])
        rewritten = "".join(pieces)
        if in_json and done and _is_json(text) and not _is_json(rewritten):
            raise Unfulfillable("the arguments of a tool call would no longer be JSON")
        return rewritten


def inside_json_string(part: str, *, is_inside: bool = False) -> bool:
    """Whether a string is open at the end of this part of a JSON text; `is_inside` says whether one is at its beginning."""
    prefix = '"' + part if is_inside else part
    return any(match[0] == '"' for match in _STRING_OR_QUOTE.finditer(prefix))


def json_unescaped(value: str) -> str:
    """A part of a JSON string as what it means: the same value has the same surrogate whether or not it stands inside JSON."""
    if "\\" not in value:
        return value
    try:
        meant = json.loads(f'"{value}"', strict=False)
    except ValueError:
        return value
    return meant if isinstance(meant, str) else value


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_escaped(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def enforce(
    exchange: Exchange,
    findings: Sequence[Finding],
    decision: Decision,
    vault: Vault,
) -> Edits:
    """The edits that fulfil the decision's obligations on one leg.

    Request leg: findings are replaced, fields set and stripped, tools dropped. Response leg: findings are replaced, then surrogates
    restored. Raises `Unfulfillable`.
    """
    replacer = Replacer(decision.obligations, vault)
    by_segment: dict[int, list[Finding]] = {}
    for finding in findings:
        by_segment.setdefault(finding.segment, []).append(finding)
    values: dict[str, object] = {}
    keys: dict[str, str] = {}
    restoring = exchange.leg == "response" and replacer.restored and not vault.is_empty
    for index, segment in enumerate(exchange.segments):
        found = by_segment.get(index, [])
        if not found and not restoring:
            continue
        text = replacer.rewrite(segment, found)
        if restoring:
            text = replacer.restore(text, in_json=segment.kind == "arguments")
        if text == segment.text:
            continue
        if segment.kind == "key":
            keys[segment.pointer] = text
        else:
            values[segment.pointer] = text
    removed: list[str] = []
    for obligation in decision.obligations:
        match obligation:
            case SetField(pointer, value, _):
                values[pointer] = value
            case Strip(pointer, _):
                removed.append(pointer)
            case DropTool():
                pass  # all of them at once, below
            case Pseudonymise() | Redact() | Restore():
                pass
    dropped = [obligation.name for obligation in decision.obligations if isinstance(obligation, DropTool)]
    removed += _places_of_tools(exchange, dropped) if dropped else ()
    return Edits(values, keys, tuple(removed), replacer.counts)


def _places_of_tools(exchange: Exchange, names: Sequence[str]) -> list[str]:
    """The pointers of declared tools; of their whole list where none would be left, since an empty list is an error upstream."""
    if exchange.leg != "request":
        raise Unfulfillable("a tool can be dropped from a request only")
    if "*" in names:
        raise Unfulfillable("`*` stands for tools that the configuration does not name, and cannot be dropped by that name")
    lists: dict[str, list[str]] = {}
    for pointer in exchange.tools_at:
        lists.setdefault(pointer.rpartition("/")[0], []).append(pointer)
    dropped = {pointer for name, pointer in zip(exchange.tools_declared, exchange.tools_at, strict=True) if name in names}
    places: list[str] = []
    for whole, pointers in lists.items():
        gone = [pointer for pointer in pointers if pointer in dropped]
        places += [whole] if len(gone) == len(pointers) else gone
    return places
