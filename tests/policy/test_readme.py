# SPDX-License-Identifier: Apache-2.0
"""`policies/README.md` lists every rule, from the METADATA of the Rego files, and every rule has METADATA that says enough.

PYTHONPATH=tests python tests/policy/test_readme.py      writes the table anew
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from cases.policy.samples import CASES, said

POLICIES = Path(__file__).parents[2] / "policies"
README = POLICIES / "README.md"
MODULES = sorted(path for path in POLICIES.rglob("*.rego") if not path.stem.endswith("_test"))
PLACE = re.compile(r"(<!-- rules -->\n).*?(<!-- /rules -->)", re.DOTALL)
# The GDPR, the OWASP Top 10 for LLM applications of 2025, and the PCI DSS.
REFERENCES = (
    "https://eur-lex.europa.eu/eli/reg/2016/679/",
    "https://genai.owasp.org/llmrisk/",
    "https://www.pcisecuritystandards.org/document_library/",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with the METADATA that stands over it."""

    path: Path
    name: str
    body: str
    metadata: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.metadata["custom"]["id"])


def rules() -> Iterator[Rule]:
    """Every rule with an id. A comment block belongs to the line of code that follows it."""
    for path in MODULES:
        blocks = path.read_text(encoding="utf-8").split("# METADATA\n")[1:]
        for block in blocks:
            lines = block.splitlines()
            count = next(number for number, line in enumerate(lines) if not line.startswith("#"))
            metadata = yaml.safe_load("\n".join(line[2:] for line in lines[:count]))
            if "id" in metadata.get("custom", {}):
                yield Rule(path, lines[count], "\n".join(lines[count:]), metadata)


RULES = list(rules())


def table() -> str:
    """The table of the README."""
    lines = ["| id | severity | what it does | after |", "|---|---|---|---|"]
    for rule in RULES:
        refs = ", ".join(f"[{_said(entry['ref'])}]({entry['ref']})" for entry in rule.metadata["related_resources"])
        about = f"**{rule.metadata['title']}.** {rule.metadata['description']}"
        lines.append(f"| `{rule.id}` | {rule.metadata['custom']['severity']} | {about} | {refs} |")
    return "\n".join(lines) + "\n"


def _said(url: str) -> str:
    """A link as people read it."""
    article = re.search(r"2016/679/art_(\d+)/", url)
    if article:
        return f"GDPR Art. {article[1]}"
    if "pcisecuritystandards" in url:
        return "PCI DSS"
    risk = re.search(r"/(llm\d\d)(?:2025)?-", url)
    return f"OWASP {risk[1].upper()}:2025" if risk else url


def test_the_readme_lists_every_rule() -> None:
    found = PLACE.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == f"<!-- rules -->\n{table()}<!-- /rules -->"


def test_every_item_of_owasp_has_its_line_and_names_rules_that_there_are() -> None:
    lines = re.findall(r"^\| (LLM\d\d) [^|]+ \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert [item for item, _ in lines] == [f"LLM{number:02}" for number in range(1, 11)]
    named = {id_ for _, line in lines for id_ in re.findall(r"`(douane\.[a-z_.]+)`", line)}
    assert named <= {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is_and_gives_the_same_id_and_severity(rule: Rule) -> None:
    assert rule.id.startswith(f"douane.{rule.path.stem}.")
    assert rule.metadata["title"]
    assert rule.metadata["description"]
    assert rule.metadata["custom"]["severity"] in ("info", "low", "medium", "high", "critical")
    assert all(entry["ref"].startswith(REFERENCES) for entry in rule.metadata["related_resources"])
    assert f'"{rule.id}"' in rule.body
    if '"severity"' in rule.body:
        assert f'"severity": "{rule.metadata["custom"]["severity"]}"' in rule.body


def test_every_id_in_the_policies_has_metadata() -> None:
    used = {id_ for path in MODULES for id_ in re.findall(r'"(douane\.[a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))}
    assert used == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_sample_in_which_it_acts_and_one_in_which_it_does_not(rule: Rule) -> None:
    acting = {rule.id in said(case.result) for case in CASES if case.pack == rule.path.stem}
    assert acting == {True, False}


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(PLACE.sub(lambda match: match[1] + table() + match[2], text), encoding="utf-8")
