# SPDX-License-Identifier: Apache-2.0
"""METADATA: read as OPA reads it, and never the end of the reader."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.policy.rego.annotation import Annotation, annotations
from douane.policy.rego.syntax import parse
from fakes.opa import opa_binary

POLICIES = Path(__file__).parents[3] / "policies"

TEXT = """# METADATA
# title: A package
# scope: subpackages
package p

# A comment that is none.
x := 1

# METADATA
# title: A rule
# description: |
#   In two
#   lines.
# entrypoint: true
# custom:
#   id: p.y
#   severity: high
# related_resources:
# - https://example.org/one
# - ref: https://example.org/two
#   description: Article 2
# schemas:
# - input: schema.input

# What stands between is no part of it.
y := 2
"""


def read(block: str) -> Annotation:
    (found,), problems = annotations("p.rego", block + "\nx := 1\n")
    assert problems == ()
    return found


def wrong(block: str) -> str:
    found, (problem,) = annotations("p.rego", block + "\nx := 1\n")
    assert found == ()
    assert problem.rule == "metadata/invalid"
    assert problem.source
    return f"{problem.line}: {problem.message}"


def test_a_block_says_what_stands_under_it() -> None:
    found, problems = annotations("p.rego", TEXT)
    assert problems == ()
    assert found == (
        Annotation(line=1, target=4, scope="subpackages", title="A package"),
        Annotation(
            line=9,
            target=26,
            title="A rule",
            description="In two\nlines.\n",
            entrypoint=True,
            references=(("", "https://example.org/one"), ("Article 2", "https://example.org/two")),
            schemas=({"input": "schema.input"},),
            custom={"id": "p.y", "severity": "high"},
        ),
    )
    assert (found[1].id, found[1].severity) == ("p.y", "high")
    assert (found[0].id, found[0].severity) == ("", "")


def test_a_rule_has_the_block_over_it() -> None:
    x, y = parse("p.rego", TEXT).rules
    assert x.annotation is None
    assert y.annotation is not None
    assert y.annotation.title == "A rule"


def test_of_two_blocks_over_a_rule_it_has_its_own() -> None:
    text = "package p\n\n# METADATA\n# title: Its own\n# METADATA\n# scope: document\n# title: Of all\nx := 1\n"
    (x,) = parse("p.rego", text).rules
    assert x.annotation is not None
    assert x.annotation.title == "Its own"


@pytest.mark.parametrize("mark", ["# METADATA", "#METADATA", "#  METADATA", "# METADATA of a rule"])
def test_a_block_begins_as_opa_begins_it(mark: str) -> None:
    assert read(f"{mark}\n# title: A rule").title == "A rule"


@pytest.mark.parametrize(
    "text", [" # METADATA\n# title: A rule", "x := 1 # METADATA", "# metadata\n# title: A rule", "# The METADATA\n# title: A"]
)
def test_other_comments_begin_none(text: str) -> None:
    assert annotations("p.rego", text) == ((), ())


def test_lines_with_and_without_a_space_are_of_one_block() -> None:
    assert read("# METADATA\n#title: A rule\n# description: Of it").description == "Of it"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("# METADATA", "1: METADATA is no mapping; begin with `title:` on the next line"),
        ("# METADATA\n# - title", "1: METADATA is no mapping; begin with `title:` on the next line"),
        ("# METADATA\n# titel: A", "1: METADATA has the unknown key `titel`; what is your own stands under `custom`"),
        ("# METADATA\n# scope: file", "1: METADATA has the scope `file`; possible are rule, document, package, subpackages"),
        ("# METADATA\n# entrypoint: [1]", "1: METADATA has an `entrypoint` that is neither `true` nor `false`"),
        ("# METADATA\n# custom: [1]", "1: METADATA needs a mapping under `custom` and a list of mappings under `schemas`"),
        ("# METADATA\n# related_resources: a", "1: METADATA needs a list under `related_resources`; write `- ref: https://...`"),
        ("# METADATA\n# related_resources: [{}]", "1: METADATA has a related resource without `ref`; write `- ref: https://...`"),
        ('# METADATA\n# related_resources: [""]', "1: METADATA has a related resource without `ref`; write `- ref: https://...`"),
        ("# METADATA\n# title: a\n# description: [", "3: METADATA is not YAML (did not find expected node content); mend the comment"),
        (
            "# METADATA\n# title: a\n#description : : b",
            "3: METADATA is not YAML (mapping values are not allowed in this context); mend the comment",
        ),
    ],
)
def test_a_block_that_cannot_be_read_says_where_and_what_to_do(block: str, said: str) -> None:
    assert wrong(block) == said


def test_a_block_of_thousands_of_brackets_is_refused() -> None:
    assert wrong("# METADATA\n# title: " + "[" * 3000 + "]" * 3000)


def test_the_shipped_annotations_are_those_that_opa_reads() -> None:
    done = subprocess.run([opa_binary(), "inspect", "-a", "-f", "json", str(POLICIES)], capture_output=True, check=True)
    theirs = {}
    for entry in json.loads(done.stdout)["annotations"]:
        about = entry["annotations"]
        resources = tuple((one.get("description", ""), one["ref"]) for one in about.get("related_resources", ()))
        place = (Path(entry["location"]["file"]).name, entry["location"]["row"])
        theirs[place] = (
            about.get("title", ""),
            about.get("description", ""),
            about.get("entrypoint", False),
            resources,
            about.get("custom", {}),
        )
    ours = {
        (path.name, note.target): (note.title, note.description, note.entrypoint, note.references, dict(note.custom))
        for path in POLICIES.rglob("*.rego")
        for note in annotations(path.name, path.read_text(encoding="utf-8"))[0]
    }
    assert ours == theirs
    assert len(ours) > 30


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("# METADATA\n:-[]{}'\"|>&*!?abtile_ 1.\té"), max_size=120))
def test_no_comment_ends_the_reader(text: str) -> None:
    for comment in (text, "# METADATA\n# " + text.replace("\n", "\n# ") + "\nx := 1"):
        found, problems = annotations("p.rego", comment)
        lines = comment.split("\n")
        assert all(1 <= problem.line <= len(lines) for problem in problems)
        assert all(1 <= note.line < note.target for note in found)
