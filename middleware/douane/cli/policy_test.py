# SPDX-License-Identifier: Apache-2.0
"""`douane policy test`: runs the tests of policies on the embedded engine, with the output and the exit codes of `opa test`."""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from douane.cli.policy_check import beside, check
from douane.cli.policy_tree import Tree, add_paths, gather, where
from douane.cli.policy_verdicts import VerdictPrinter
from douane.errors import BundleRejected

if TYPE_CHECKING:
    from douane.policy.testing.tester import Tester
    from douane.policy.testing.verdict import Result, Test

__all__ = ["add"]

_TEST = """\
examples:
  douane policy test                                      the tests of ./policies, else of the policies that were shipped
  douane policy test policies -r residency -v             those whose full name matches, each on a line
  douane policy test policies --coverage --threshold 100  and what they reach, by line
  douane policy test policies --json | jq '.[] | select(.fail)'
  douane policy test bundle.tar.gz more_test.rego         several paths are one tree

A test is a rule whose name begins with `test_`; it passes where it gives `true`. `todo_test_` is not run yet. A test that fails is shown
with the statement that did not hold and with values. Samples of detectors in the data (`detectors`) are tests too.

exit codes, those of `opa test`:
  0  every test passed
  1  the policies cannot be loaded, a bad `--run`, nothing to run with `--fail-on-empty`, or a test that did not pass with `--coverage`
  2  a test did not pass, or was skipped (unless `-z`); less than `--threshold` is covered; wrong usage
"""
# Errors that OPA's compiler finds too, so that `opa test` would run nothing. The others are about policies that are complete.
_COMPILED = frozenset({"syntax", "variable", "recursion", "conflict", "default", "function", "builtin", "with", "type"})
# What the embedded engine answers wrongly without a word, so that a verdict would say nothing.
_SILENT = frozenset({"portable/whole-package"})
_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "": 1.0}


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    test = verbs.add_parser("test", help="run their tests", epilog=_TEST, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_paths(test)
    test.add_argument("-r", "--run", dest="chosen", metavar="REGEX", default="", help="only tests whose full name matches")
    test.add_argument("-v", "--verbose", action="store_true", help="each test on a line, values in full length")
    test.add_argument("-c", "--coverage", action="store_true", help="report the lines that the tests reach")
    test.add_argument("--threshold", type=_percent, default=0.0, metavar="PERCENT", help="fail below this coverage; names the lines")
    test.add_argument("--timeout", type=_seconds, default=5.0, metavar="TIME", help="for each test, such as 500ms or 5s (default: 5s)")
    test.add_argument("-f", "--format", choices=("pretty", "json"), default="pretty", help="default: pretty")
    test.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    test.add_argument("--fail-on-empty", action="store_true", help="fail if no test was run")
    test.add_argument("-z", "--exit-zero-on-skipped", action="store_true", help="skipped tests do not count as failed")
    test.set_defaults(run=_test)


def _percent(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|)", text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"`{text}` is no time from 100ms to 60m")
    return seconds


def _test(options: argparse.Namespace) -> int:
    from douane.policy.testing.tester import Tester

    try:
        chosen = re.compile(options.chosen)
    except re.error as cause:
        print(f"douane: `--run {options.chosen}` is no regular expression: {cause}", file=sys.stderr)
        return 1
    covers = options.coverage or options.threshold > 0
    tester = None
    try:
        tree = gather(where(options.paths, options.config), ignore=options.ignore)
        _compile(tree)
        tester = Tester([(tree.places[path], text) for path, text in tree.modules], tree.data, timeout=options.timeout, coverage=covers)
        tester.start()
        samples = [sample for sample in _samples(tree) if chosen.search(sample.test.full_name)]
        results = _run(options, tester, [test for test in tester.tests if chosen.search(test.full_name)], samples)
        if covers:
            return _covered(options, results, tester.coverage())
        if options.format == "json":
            from douane.policy.testing.verdict import as_json

            print(json.dumps([as_json(result) for result in results], indent=2, ensure_ascii=False))
        return _code(options, results)
    except BundleRejected as cause:
        print(f"douane: {cause}", file=sys.stderr)
        return 1
    finally:
        if tester is not None:
            tester.close()


def _compile(tree: Tree) -> None:
    """Find what OPA's compiler would: the engine notices it where it comes to it, or never. Raises `BundleRejected`."""
    from douane.policy.rego.problem import shown

    capabilities = beside(tree, "capabilities.json")
    families = _COMPILED if capabilities is not None else _COMPILED - {"builtin", "with"}  # builtins are not known
    errors = [problem for problem in check(tree, capabilities=capabilities) if problem.level == "error"]
    refused = [shown(one) for one in errors if one.rule.partition("/")[0] in families or one.rule in _SILENT]
    if refused:
        raise BundleRejected("\n".join(["the policies cannot be loaded", *refused]))


def _samples(tree: Tree) -> "Iterator[Result]":
    """The samples of detectors that the data holds, as results of tests. Raises `BundleRejected` for detectors that cannot be made."""
    from douane.detect.authored.authored import Authored
    from douane.detect.authored.document import read
    from douane.detect.authored.sample import samples
    from douane.policy.testing.verdict import Result, Test

    document = read(tree.data)
    for sample in samples(document, Authored(document)):
        package, _, name = sample.place.partition(".samples.")
        yield Result(Test("detectors", 0, 0, f"data.{package}", name, False), "pass" if sample.holds else "fail")


def _run(options: argparse.Namespace, tester: "Tester", tests: "Sequence[Test]", samples: "Sequence[Result]") -> "list[Result]":
    """The results, shown as they come unless scripts read them; those of samples are there already."""
    out = VerdictPrinter(sys.stdout, verbose=options.verbose) if options.format == "pretty" else None
    results = []
    for number, result in enumerate(chain(samples, map(tester.run, tests)), 1):
        results.append(result)
        if out is not None:
            out.show(result)
        if number % 100 == 0 and sys.stderr.isatty():
            print(f"{number} of {len(samples) + len(tests)} tests", file=sys.stderr)
    if out is not None:
        out.summarise(results)
    return results


def _code(options: argparse.Namespace, results: "Sequence[Result]") -> int:
    if not results and options.fail_on_empty:
        print("douane: no tests were run; name other paths, or another `--run`", file=sys.stderr)
        return 1
    passing = {"pass", "skip"} if options.exit_zero_on_skipped else {"pass"}
    return 0 if all(result.verdict in passing for result in results) else 2


def _covered(options: argparse.Namespace, results: "Sequence[Result]", report: Mapping[str, Any]) -> int:
    from douane.policy.testing.coverage import uncovered

    if any(result.verdict in ("fail", "error") for result in results):
        if options.format == "json":
            out = VerdictPrinter(sys.stderr, verbose=options.verbose)
            for result in results:
                out.show(result)
        print("douane: tests did not pass, so their coverage says nothing; mend them first", file=sys.stderr)
        return 1
    places, lines = uncovered(report), report["covered_lines"] + report["not_covered_lines"]
    if options.format == "json":
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(f"COVERAGE: {report['coverage']:.2f} % ({report['covered_lines']} of {lines} lines)")
    if report["coverage"] < options.threshold:
        print(f"douane: coverage is {report['coverage']:.2f} %, less than {options.threshold:g} %; write tests for", file=sys.stderr)
        print("\n".join(f"\t{place}" for place in places), file=sys.stderr)
        return 2
    if options.format == "pretty":
        print("".join(f"  {place}\n" for place in places), end="")
    return _code(options, results)
