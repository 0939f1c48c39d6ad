# SPDX-License-Identifier: Apache-2.0
"""The report on one decision, as JSON with stable names; `policy_text` makes it readable."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from douane.cli.policy_stand import Stand
from douane.errors import ConfigRejected, PolicyFailed

if TYPE_CHECKING:
    from douane.guard import Admission
    from douane.policy.explaining.explain import Explainer

__all__ = ["add", "evaluated", "rehearsed"]

_SEVERITIES = ("critical", "high", "medium", "low", "info")


def add(verb: argparse.ArgumentParser) -> None:
    """Options that say what is shown."""
    verb.add_argument("--lines", action="store_true", help="show the lines of the rules that fired")
    verb.add_argument(
        "--why-not", action="append", default=[], metavar="RULE_ID", help="say where a rule that did not fire stopped; may be repeated"
    )
    verb.add_argument("--json", action="store_true", help="one JSON object")


def rehearsed(
    stand: Stand, asked: "Explainer", event: Mapping[str, Any], admission: "Admission", options: argparse.Namespace
) -> dict[str, Any]:
    """The report on a request leg that went through the gateway's steps; `event` is the record that it would have left.

    Raises `ConfigRejected` for an OPA server that is not there.
    """
    decision = admission.decision
    _check_there(stand, decision.failed)
    document, result = json.dumps(event["input"], ensure_ascii=False), event["result"]
    report = _head(stand, event["input"], result, event["bundles"]["douane"])
    report["verdict"] = "allow" if admission.is_allowed else "deny"
    report["destination"] = None if admission.destination is None else admission.destination.id
    report["edits"] = event["custom"].get("edits", {})
    report["failed"] = {"code": decision.failed, "detail": decision.detail} if decision.failed else None
    return report | _explained(stand, asked, document, None if decision.failed else result, options)


def evaluated(stand: Stand, asked: "Explainer", document: str, options: argparse.Namespace) -> dict[str, Any]:
    """The report on facts. Raises `ConfigRejected` for an OPA server that is not there, `BundleRejected`."""
    from douane.policy.document import denial, read

    facts = json.loads(document)
    offered = _offered(facts)
    result, about = "", {"revision": stand.bundle.revision, "digest": stand.bundle.digest}
    try:
        if stand.config.policies.engine == "opa":
            result, about = _opa(stand, document)
        else:
            result = asked.decide(document)
        decision = read(result, offered)
    except PolicyFailed as failure:
        _check_there(stand, failure.cause_code)
        result, decision = "", denial(failure)  # a result that is not the contract's is none
    shown = json.loads(result) if result else {"reasons": [asdict(reason) for reason in decision.reasons]}
    report = _head(stand, facts, shown, about)
    is_allowed = decision.verdict == "allow" and (facts.get("leg") != "request" or bool(decision.permitted))
    report["verdict"] = "allow" if is_allowed else "deny"
    report["destination"] = decision.permitted[0] if is_allowed and decision.permitted else None
    report["edits"] = {}
    report["failed"] = {"code": decision.failed, "detail": decision.detail} if decision.failed else None
    return report | _explained(stand, asked, document, json.loads(result) if result else None, options)


def _check_there(stand: Stand, failed: str) -> None:
    if failed == "unreachable":
        url = stand.config.policies.opa_url
        raise ConfigRejected(
            f"no OPA server answers at {url}; start one with `opa run --server -b {stand.source}`, or use --engine embedded"
        )


def _opa(stand: Stand, document: str) -> tuple[str, dict[str, str]]:
    from douane.policy.engines.server import OpaServerEngine

    policies = stand.config.policies
    engine = OpaServerEngine(policies.opa_url, deadline=max(1.0, policies.deadline_ms / 1000))
    try:
        return engine.evaluate(document), {"revision": engine.revision, "digest": ""}
    finally:
        engine.close()


def _offered(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """The candidates of some facts, as the contract asks for them."""
    from douane.exchange import Destination

    names = [field.name for field in fields(Destination)]
    return tuple(
        Destination(**{name: candidate.get(name, "") for name in names} | {"id": str(candidate.get("id"))})
        for candidate in _items(facts, "candidates")
    )


def _items(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in an array of facts, which may be anybody's."""
    found = value.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _head(stand: Stand, facts: Mapping[str, Any], result: Mapping[str, Any], about: Mapping[str, str]) -> dict[str, Any]:
    exchange, principal, policies = _member(facts, "exchange"), _member(facts, "principal"), stand.config.policies
    segments = _items(facts, "segments")
    return {
        "leg": facts.get("leg"),
        "protocol": exchange.get("protocol"),
        "model": exchange.get("model"),
        "stream": exchange.get("stream"),
        "principal": {name: principal.get(name) for name in ("tenant", "app", "purpose")},
        "engine": policies.engine,
        "policies": {
            "source": policies.opa_url if policies.engine == "opa" else stand.source,
            "revision": about.get("revision", ""),
            "digest": about.get("digest", ""),
        },
        "findings": [{**finding, "place": _place(segments, finding.get("segment"))} for finding in _items(facts, "findings")],
        "counts": _member(facts, "counts"),
        "candidates": [_candidate(candidate, result) for candidate in _items(facts, "candidates")],
        "result": result,
    }


def _place(segments: Sequence[Mapping[str, Any]], index: Any) -> Any:
    return segments[index].get("place") if isinstance(index, int) and 0 <= index < len(segments) else None


def _candidate(candidate: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    id_ = candidate.get("id")
    rejections = [{name: one[name] for name in ("id", "message")} for one in result.get("rejections", ()) if one["destination"] == id_]
    return {**candidate, "permitted": id_ in result.get("permitted", ()), "rejections": rejections}


def _explained(stand: Stand, asked: "Explainer", document: str, result: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Which rules fired, and why those that were asked about did not."""
    from douane.policy.explaining.explanation import Rules

    is_opa = stand.config.policies.engine == "opa"
    if is_opa and options.why_not:
        raise ConfigRejected("`--why-not` tries rules statement by statement, which needs --engine embedded")
    rules: dict[str, Any] = {
        "by": "result" if is_opa else "evaluation",
        "source": stand.source,
        "root": stand.root,
        "fired": [],
        "quiet": [],
        "failed": [],
    }
    try:
        found = Rules(tuple(asked.named(json.dumps(result)))) if is_opa else asked.rules(document)
    except PolicyFailed as failure:
        found = Rules((), (str(failure),))
    rules["failed"] = list(found.failed)
    for outcome in sorted(found.outcomes, key=lambda one: (_rank(one.severity), one.path, one.line)):
        told = asdict(outcome)
        told["references"] = [{"title": title, "url": url} for title, url in outcome.references]
        rules["fired" if told.pop("fired") else "quiet"].append(told)
    return {"rules": rules, "why_not": [_why_not(asked, document, id_) for id_ in dict.fromkeys(options.why_not)]}


def _rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def _why_not(asked: "Explainer", document: str, id_: str) -> dict[str, Any]:
    import difflib

    try:
        return {**asdict(asked.why_not(document, id_)), "failed": None}
    except KeyError:
        known = [one.id for one in asked.named("{}")]
        near = difflib.get_close_matches(id_, known, 3) or sorted(known)[:3]
        raise ConfigRejected(f"no rule has the id `{id_}`; there are {', '.join(f'`{one}`' for one in near)}, ...") from None
    except PolicyFailed as failure:
        return {"id": id_, "fired": False, "attempts": [], "failed": str(failure)}
