# SPDX-License-Identifier: Apache-2.0
"""`douane detect`: what the detectors of a gateway find in a text. Nothing is sent or kept."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from douane.errors import ConfigRejected, DetectorFailed

if TYPE_CHECKING:
    from douane.detect.scan import Scan

__all__ = ["add"]

_DETECT = """\
examples:
  douane detect letter.txt                         each finding: place, type, score, detector and rule, the value masked
  echo 'call 06 12 34 56 78' | douane detect -     standard input
  douane detect letter.txt --explain               also what did not count, and why; the readings; who did not look
  douane detect --text 'card 4111 1111 1111 1111' --json | jq -r '.findings[].rule'
  douane detect letter.txt --config douane.yaml    the detectors of this gateway, and those in its policies
  douane detect code.py --fail-on API_KEY,PASSWORD a check before a commit

Without --config these are the detectors that need no model, and the rules in ./policies if there are any. A masked value keeps its marks:
x stands for a letter, 9 for a digit.
exit codes: 0 looked at, 1 a type of --fail-on was found, 2 wrong usage, configuration or policies, 3 a detector failed
"""


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    plain = argparse.RawDescriptionHelpFormatter
    verb = commands.add_parser("detect", help="what the detectors find in a text", epilog=_DETECT, formatter_class=plain)
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", metavar="FILE", help="a text in a file (UTF-8); - for standard input")
    what.add_argument("--text", metavar="TEXT", help="a text")
    verb.add_argument("--config", type=Path, metavar="FILE", help="detectors and policies of this gateway")
    verb.add_argument("--policies", type=Path, metavar="PATH", help="the folder or archive whose `detectors` are added")
    verb.add_argument("--explain", action="store_true", help="how it came to that")
    verb.add_argument("--fail-on", metavar="TYPES", default="", help="exit with 1 where one of these is found; `any` for every type")
    verb.add_argument("--show-values", action="store_true", help="show what was found: personal data and secrets")
    verb.add_argument("--json", action="store_true", help="the report as JSON")
    verb.set_defaults(run=_detect)


def _detect(options: argparse.Namespace) -> int:
    from douane.detect.types import TYPES
    from douane.exchange import Segment
    from douane.inspection import Inspection
    from douane.sections_of_detectors import DetectorEntry

    text = options.text if options.text is not None else _read(options.file)
    wanted = {type_ for type_ in options.fail_on.split(",") if type_}
    config = None
    entry = DetectorEntry()
    if options.config is not None:
        from douane import config as configuration

        config = configuration.read(options.config)
        entry = config.detectors
    inspection = Inspection(entry)
    scan = inspection.with_policies(_data(options, config))
    unknown = sorted(wanted - set(TYPES) - scan.types - {"any"})
    if unknown:
        raise ConfigRejected(f"`--fail-on`: `{unknown[0]}` is no type; those there are: {', '.join(TYPES)}")
    try:
        for part in inspection.parts:
            part.start()
        result = scan.scan((Segment("", text, ""),))
        report: dict[str, Any] = {
            "findings": [_told(f, text, options.show_values) for f in result.findings],
            "detectors": [{"name": r.name, "version": r.version, "ok": r.ok, "cause": r.cause} for r in result.reports],
        }
        if result.languages:
            report["language"] = result.languages[0]
        if options.explain:
            report["candidates"] = list(_explained(scan, text, options.show_values))
    except DetectorFailed as failure:
        print(f"douane: {failure}", file=sys.stderr)
        return 3
    finally:
        for part in inspection.parts:
            part.close()
    print(json.dumps(report, ensure_ascii=False, indent=2) if options.json else "\n".join(_lines(report)))
    if not all(r.ok for r in result.reports):
        return 3
    found = {finding.type for finding in result.findings}
    return 1 if found & wanted or (found and "any" in wanted) else 0


def _read(name: str) -> str:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as cause:
        raise ConfigRejected(f"`{name}` cannot be read; name a file that exists, or - for standard input") from cause
    try:
        return content.decode()
    except UnicodeDecodeError as cause:
        raise ConfigRejected(f"`{name}` is no text in UTF-8; convert it first") from cause


def _data(options: argparse.Namespace, config: Any) -> str:
    """The data of the policies whose detectors are meant (JSON text)."""
    from douane.policy.bundles import bundle

    if options.policies is not None:
        return bundle.read(options.policies).data
    if config is not None and config.policies.engine == "embedded":
        from douane import config as configuration

        return configuration.fetched(config.policies, configuration.environment()).data
    here = Path("policies")
    return bundle.read(here).data if config is None and (here / "main.rego").is_file() else "{}"


def _told(span: Any, text: str, show_values: bool) -> dict[str, Any]:
    line = text.count("\n", 0, span.start) + 1
    value = text[span.start : span.end]
    return {
        "type": span.type,
        "line": line,
        "column": span.start - text.rfind("\n", 0, span.start),
        "start": span.start,
        "end": span.end,
        "score": round(span.score, 3),
        "detector": span.detector,
        "rule": span.rule,
        "value": value if show_values else _masked(value),
    }


def _masked(value: str) -> str:
    return "".join("x" if c.isalpha() else "9" if c.isdigit() else c if c.isascii() and c.isprintable() else "_" for c in value)


def _explained(scan: "Scan", text: str, show_values: bool) -> Iterator[dict[str, Any]]:
    for candidate in scan.candidates(text):
        yield {**_told(candidate.span, text, show_values), "reading": candidate.reading, "fate": candidate.fate}


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["findings"]:
        yield "nothing found"
    for finding in report["findings"]:
        yield _line(finding)
    for candidate in report.get("candidates", ()):
        yield f"  {candidate['fate']}, read {candidate['reading']}: {_line(candidate)}"
    for detector in report["detectors"]:
        if not detector["ok"]:
            yield f"{detector['name']} {detector['version']} FAILED ({detector['cause']}): what it would have found is not here"
        elif "candidates" in report:
            yield f"{detector['name']} {detector['version']} looked"


def _line(finding: Mapping[str, Any]) -> str:
    by = f"{finding['detector']}/{finding['rule']}" if finding["rule"] else finding["detector"]
    value = " ".join(str(finding["value"]).split())
    shown = value if len(value) <= 60 else value[:59] + "…"
    return f"{finding['line']}:{finding['column']}  {finding['type']}  {finding['score']:.2f}  {by}  {shown}"
