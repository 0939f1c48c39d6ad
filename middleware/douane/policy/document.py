# SPDX-License-Identifier: Apache-2.0
"""The contract with Rego: what the policy is told and what it may answer.

`write` turns an exchange and its findings into the input document, `read` turns the result into a `Decision`. Facts only: every string
in the document is a word of ours, of the configuration or of a closed list, never text of the caller. The schemas stand in
`policies/schemas`.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast, get_args

from douane.decision import (
    Decision,
    DropTool,
    Hold,
    HoldChoice,
    Obligation,
    Pseudonymise,
    Reason,
    ReasonKind,
    Redact,
    RedactionStyle,
    Rejection,
    Restore,
    SetField,
    Severity,
    Strip,
    SurrogateStyle,
)
from douane.errors import PolicyFailed
from douane.exchange import Destination, Exchange, Principal
from douane.finding import ScanResult

__all__ = ["Observed", "denial", "judged", "read", "write"]

_FINDINGS_TOLD = 1000
"""How many findings are told one by one; `counts` tells of all of them. A text full of addresses must not fill the log with places."""

_SEVERITIES = frozenset(get_args(Severity))
_KINDS = frozenset(get_args(ReasonKind))
_SURROGATES, _REDACTIONS, _CHOICES = get_args(SurrogateStyle), get_args(RedactionStyle), get_args(HoldChoice)


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of the upstream on the response leg. `model_matches` compares what it says it served with what was asked for."""

    destination: str
    status: int
    model_matches: bool


def write(
    exchange: Exchange,
    scan: ScanResult,
    principal: Principal,
    candidates: Sequence[Destination],
    *,
    observed: Observed | None,
    vocabulary: AbstractSet[str],
    today: str,
) -> str:
    """The input document as JSON text.

    `vocabulary` holds the configured names of models and tools: any other name that a caller uses becomes `*`. `today` is the UTC date,
    `YYYY-MM-DD`; finer time is not told, so that a decision can be replayed.
    """
    segments = exchange.segments
    findings = scan.findings
    document = {
        "leg": exchange.leg,
        "exchange": {
            "protocol": exchange.protocol,
            "model": _known(exchange.model, vocabulary),
            "stream": exchange.stream,
            "segments": len(segments),
            "characters": sum(len(segment.text) for segment in segments),
            "opaque": [{"place": part.place, "kind": part.kind, "length": part.length} for part in exchange.opaque],
            "egress": [{"place": call.place, "kind": call.kind} for call in exchange.egress],
            "unknown": list(exchange.unknown),
            "choices": exchange.choices,
            "output_tokens": exchange.output_tokens,
            **_constraints(exchange),
        },
        "principal": {
            "tenant": principal.tenant,
            "app": principal.app,
            "purpose": principal.purpose,
            "groups": list(principal.groups),
            "claims": dict(principal.claims),
        },
        "labels": list(principal.labels),
        "segments": [
            {"place": s.place, "role": s.role, "kind": s.kind, "trust": s.trust, "length": len(s.text), **language}
            for s, language in zip(segments, _languages(scan, len(segments)), strict=True)
        ],
        "findings": [
            {
                "type": f.type,
                "segment": f.segment,
                "start": f.start,
                "end": f.end,
                "score": round(f.score * 1000),
                "detector": f.detector,
                "known": f.known,
                "rule": f.rule,
            }
            for f in findings[:_FINDINGS_TOLD]
        ],
        "counts": dict(Counter(f.type for f in findings)),
        "tools": {
            "declared": [_known(name, vocabulary) for name in exchange.tools_declared],
            "called": [_known(name, vocabulary) for name in exchange.tools_called],
        },
        "candidates": [_facts(candidate) for candidate in candidates],
        "upstream": None
        if observed is None
        else {"destination": observed.destination, "status": observed.status, "model_matches": observed.model_matches},
        "detectors": [{"name": r.name, "version": r.version, "ok": r.ok, "cause": r.cause} for r in scan.reports],
        "time": today,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _languages(scan: ScanResult, count: int) -> Sequence[Mapping[str, str]]:
    return [{"language": language} for language in scan.languages] or [{}] * count


def _known(name: str, vocabulary: AbstractSet[str]) -> str:
    return name if name in vocabulary else "*"


def _constraints(exchange: Exchange) -> dict[str, object]:
    told = [{"of": one.of, "kind": one.kind, "format": one.format} for one in exchange.constraints]
    return {"constraints": told} if told else {}


def _facts(destination: Destination) -> dict[str, object]:
    return {
        "id": destination.id,
        "model": destination.model,
        "operator": destination.operator,
        "seat": destination.seat,
        "controller": destination.controller,
        "inference": list(destination.inference),
        "storage": list(destination.storage),
        "retention_days": destination.retention_days,
        "training": destination.training,
        "verified_at": destination.verified_at,
        "transfer_basis": destination.transfer_basis,
    }


def read(result: str, candidates: Sequence[Destination]) -> Decision:
    """The decision in a result document. Raises `PolicyFailed` for anything that the contract does not know.

    An obligation that this version cannot name would be one that nobody fulfils, so it is an error and with it a deny. `observed`, what
    packs would have said that do not act, may be absent; it is checked like the rest, kept in the record, and acted on by nobody.
    """
    return _decision(result, [candidate.id for candidate in candidates])


def judged(result: str, document: str) -> str:
    """The result of an engine for an input document, if it is one of the contract: else it would be a deny. Raises `PolicyFailed`."""
    _decision(result, [candidate["id"] for candidate in json.loads(document)["candidates"]])
    return result


def _decision(result: str, offered: Sequence[str]) -> Decision:
    try:
        value = json.loads(result)
    except ValueError as cause:
        raise _breach("the result is not JSON") from cause
    document = _mapping(value, "the result")
    verdict = document.get("verdict")
    if verdict not in ("allow", "deny"):
        raise _breach("`verdict` is neither `allow` nor `deny`")
    named = frozenset(_texts(document.get("permitted"), "permitted"))
    if not named <= frozenset(offered):
        raise _breach("`permitted` names a destination that was no candidate")
    if "observed" in document:
        observed = _mapping(document["observed"], "`observed`")
        for check in (_obligations, _reasons, _rejections):
            check(observed)
    return Decision(
        verdict="allow" if verdict == "allow" else "deny",
        obligations=_obligations(document),
        reasons=_reasons(document),
        permitted=tuple(candidate for candidate in offered if candidate in named),
        rejections=_rejections(document),
    )


def denial(failure: PolicyFailed) -> Decision:
    """The decision where no policy decided: deny, with the kind of failure as its reason."""
    message = f"no decision could be made (`{failure.cause_code}`), so nothing passes; an operator finds the cause in the log"
    reason = Reason(f"douane.engine.{failure.cause_code}", "operations", "critical", message)
    return Decision(verdict="deny", reasons=(reason,), failed=failure.cause_code, detail=str(failure))


def _breach(message: str) -> PolicyFailed:
    return PolicyFailed(f"{message}; compare the policy with `policies/schemas/result.schema.json`", cause_code="contract")


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _breach(f"{what} is no object")
    return cast("Mapping[str, object]", value)


def _list(document: Mapping[str, object], name: str) -> list[object]:
    value = document.get(name)
    if not isinstance(value, list):
        raise _breach(f"`{name}` is no array")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _breach(f"`{name}` is no array of strings")
    return tuple(value)


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise _breach(f"`{name}` is no string")
    return value


def _pointer(document: Mapping[str, object]) -> str:
    pointer = _text(document, "pointer")
    if not pointer.startswith("/"):
        raise _breach("`pointer` is no JSON Pointer to a member")
    return pointer


def _scalar(document: Mapping[str, object]) -> str | int | bool | None:
    value = document.get("value")
    if value is not None and not isinstance(value, str | int | bool):
        raise _breach("`value` is no scalar")
    return value


def _redact(item: Mapping[str, object], rule: str) -> Obligation:
    unknown_only = item.get("unknown_only")
    if not isinstance(unknown_only, bool):
        raise _breach("`unknown_only` is no boolean")
    return Redact(_texts(item.get("types"), "types"), rule, unknown_only, cast("RedactionStyle", _one_of(item, "style", _REDACTIONS)))


def _pseudonymise(item: Mapping[str, object], rule: str) -> Obligation:
    return Pseudonymise(_texts(item.get("types"), "types"), rule, cast("SurrogateStyle", _one_of(item, "style", _SURROGATES)))


def _hold(item: Mapping[str, object], rule: str) -> Obligation:
    milliseconds = item.get("milliseconds")
    if type(milliseconds) is not int or milliseconds < 0:
        raise _breach("`milliseconds` is no whole number from 0 on")
    if "then" not in item:
        raise _breach("`then` is missing")
    return Hold(milliseconds, cast("HoldChoice", _one_of(item, "then", _CHOICES)), rule)


def _one_of(item: Mapping[str, object], name: str, words: Sequence[str]) -> str:
    """The member, or the first of the words where there is none."""
    word = item.get(name, words[0])
    if word not in words:
        raise _breach(f"`{name}` is none of {', '.join(words)}")
    return cast("str", word)


_READERS: Mapping[str, Callable[[Mapping[str, object], str], Obligation]] = {
    "pseudonymise": _pseudonymise,
    "redact": _redact,
    "restore": lambda item, rule: Restore(_texts(item.get("types"), "types"), rule),
    "set": lambda item, rule: SetField(_pointer(item), _scalar(item), rule),
    "strip": lambda item, rule: Strip(_pointer(item), rule),
    "drop_tool": lambda item, rule: DropTool(_text(item, "name"), rule),
    "hold": _hold,
}


def _obligations(document: Mapping[str, object]) -> tuple[Obligation, ...]:
    return tuple(_obligation(_mapping(item, "an obligation")) for item in _list(document, "obligations"))


def _reasons(document: Mapping[str, object]) -> tuple[Reason, ...]:
    return tuple(_reason(_mapping(item, "a reason")) for item in _list(document, "reasons"))


def _rejections(document: Mapping[str, object]) -> tuple[Rejection, ...]:
    return tuple(_rejection(_mapping(item, "a rejection")) for item in _list(document, "rejections"))


def _obligation(item: Mapping[str, object]) -> Obligation:
    reader = _READERS.get(_text(item, "kind"))
    if reader is None:
        raise _breach("an obligation of a kind that this version cannot fulfil")
    return reader(item, _text(item, "rule"))


def _reason(item: Mapping[str, object]) -> Reason:
    kind, severity = _text(item, "kind"), _text(item, "severity")
    if kind not in _KINDS or severity not in _SEVERITIES:
        raise _breach("a reason of an unknown kind or severity")
    return Reason(
        _text(item, "id"),
        cast("ReasonKind", kind),
        cast("Severity", severity),
        _text(item, "message"),
        _texts(item.get("refs"), "refs"),
    )


def _rejection(item: Mapping[str, object]) -> Rejection:
    return Rejection(_text(item, "destination"), _text(item, "id"), _text(item, "message"))
