# SPDX-License-Identifier: Apache-2.0
"""Fulfils obligations: exchange + findings + decision -> edits. Pure; the edits are carried out by whoever holds the body.

An obligation that cannot be fulfilled raises `Unfulfillable`, and the guard denies.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, assert_never, get_args

from douane.decision import (
    Decision,
    DropTool,
    Hold,
    HoldChoice,
    Obligation,
    Pseudonymise,
    Redact,
    RedactionStyle,
    Restore,
    SetField,
    Strip,
    SurrogateStyle,
)
from douane.exchange import Exchange, Segment
from douane.finding import Finding
from douane.json_text import inside_json_string, is_json, json_escaped, json_spans, json_unescaped, number_around
from douane.surrogates.irreversible import generalised, masked
from douane.surrogates.written import is_in_url
from douane.vault import Vault

__all__ = ["Edits", "Replacer", "Unfulfillable", "enforce", "redaction", "strictest"]

_Style = TypeVar("_Style", bound=str)
_SURROGATES: tuple[SurrogateStyle, ...] = get_args(SurrogateStyle)
_REDACTIONS: tuple[RedactionStyle, ...] = ("label", "generalise", "hash", "mask")
"""The one that tells least comes first."""
_CHOICES: tuple[HoldChoice, ...] = ("deny", "redact", "pass")


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


def strictest(holds: Sequence[Hold]) -> Hold:
    """What several rules ask for together: the shortest time, and the strictest choice."""
    return Hold(min(hold.milliseconds for hold in holds), min((hold.then for hold in holds), key=_CHOICES.index), holds[0].rule)


class Replacer:
    """What a decision's obligations make of findings and of surrogates: the one place where text is replaced, for bodies and streams.

    Redaction wins over a surrogate where two rules ask for both; among styles see `Redact` and `Pseudonymise`.
    """

    __slots__ = ("_pseudonymised", "_redacted", "_redacted_unknown", "_vault", "counts", "restored")

    def __init__(self, obligations: Sequence[Obligation], vault: Vault) -> None:
        self._vault = vault
        self._redacted: dict[str, RedactionStyle] = {}
        self._redacted_unknown: dict[str, RedactionStyle] = {}
        self._pseudonymised: dict[str, SurrogateStyle] = {}
        self.restored: set[str] = set()
        self.counts: dict[str, int] = {}
        for obligation in obligations:
            match obligation:
                case Redact(types, _, unknown_only, style):
                    _ask(self._redacted_unknown if unknown_only else self._redacted, types, style, _REDACTIONS)
                case Pseudonymise(types, _, surrogate_style):
                    _ask(self._pseudonymised, types, surrogate_style, _SURROGATES)
                case Restore(types):
                    self.restored.update(types)
                case SetField() | Strip() | DropTool() | Hold():
                    pass

    def replacement(self, finding: Finding, value: str, *, bare: bool = False) -> str | None:
        """What stands in the place of `value`, or None where it may stay. `bare` asks for what fits where brackets are not allowed."""
        type_ = finding.type
        redactions = [style for style in (self._redacted.get(type_), None if finding.known else self._redacted_unknown.get(type_)) if style]
        if redactions:
            self._count("redacted")
            if bare:
                return redaction(type_).strip("[]").replace(":", "_")
            return self._redaction(min(redactions, key=_REDACTIONS.index), type_, value)
        if type_ in self._pseudonymised:
            self._count("pseudonymised")
            style = "label" if bare else self._pseudonymised[type_]
            return self._vault.surrogate(type_, value, bare=bare, style=style)
        self._count("left")
        return None

    def _redaction(self, style: RedactionStyle, type_: str, value: str) -> str:
        match style:
            case "label":
                return redaction(type_)
            case "generalise":
                return generalised(type_, value)
            case "hash":
                return self._vault.hashed(type_, value)
            case "mask":
                return masked(type_, value)
            case _:
                assert_never(style)

    def restore(self, text: str, *, in_json: bool = False, before: str = "", behind: str = "") -> str:
        """`text` with originals put back as far as a `Restore` obligation says; `in_json` escapes them for a JSON string.

        `before` and `behind` are what stands beside it where it is only a piece.
        """
        return self._vault.restore(text, self.restored, json_escaped if in_json else str, before=before, behind=behind)

    def _count(self, action: str) -> None:
        self.counts[action] = self.counts.get(action, 0) + 1

    def rewrite(self, segment: Segment, findings: Sequence[Finding]) -> str:
        """The segment's text with its findings (in order, without overlaps) replaced; what was JSON, or a URL, is one afterwards."""
        text, bare, is_arguments = segment.text, segment.kind in ("name", "identifier", "key"), segment.kind == "arguments"
        spans = ((0, len(text)),) if is_arguments else () if bare or not findings else json_spans(text)
        pieces: list[str] = []
        done = read = 0
        is_inside = False  # whether a JSON string is open at `read`
        for finding in findings:
            if finding.end <= done:
                continue  # a part of a number that is replaced as a whole
            value = text[finding.start : finding.end]
            span = next((span for span in spans if span[0] <= finding.start and finding.end <= span[1]), None)
            if span is not None:
                value = json_unescaped(value)
                if read < span[0]:
                    read, is_inside = span[0], False
                is_inside = inside_json_string(text[read : finding.start], is_inside=is_inside)
                read = finding.start
            replacement = self.replacement(finding, value, bare=bare or is_in_url(text, finding.start))
            if replacement is None:
                continue
            start, end = max(finding.start, done), finding.end
            if span is not None:
                if is_inside:
                    replacement = json_escaped(replacement)
                else:
                    (first, end), replacement = number_around(text, start, end), json.dumps(replacement, ensure_ascii=False)
                    start = max(first, done)
            pieces += (text[done:start], replacement)
            done = end
        pieces.append(text[done:])
        rewritten = "".join(pieces)
        if is_arguments and done and is_json(text) and not is_json(rewritten):
            raise Unfulfillable("the arguments of a tool call would no longer be JSON")
        return rewritten

    def restored_in(self, segment: Segment, text: str) -> str:
        """The text of a segment with originals put back, escaped where they stand in JSON."""
        if self._vault.is_empty or not self.restored:
            return text
        if segment.kind == "arguments":
            return self.restore(text, in_json=True)
        pieces: list[str] = []
        done = 0
        for start, end in json_spans(text):
            pieces += (self.restore(text[done:start]), self.restore(text[start:end], in_json=True))
            done = end
        return "".join((*pieces, self.restore(text[done:])))


def _ask(asked: dict[str, _Style], types: Sequence[str], style: _Style, order: Sequence[_Style]) -> None:
    """Note the style for each type, where no rule asked for one that comes first."""
    for type_ in types:
        asked[type_] = min(style, asked.get(type_, style), key=order.index)


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
            text = replacer.restored_in(segment, text)
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
            case Pseudonymise() | Redact() | Restore() | Hold():
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
