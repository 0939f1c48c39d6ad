# SPDX-License-Identifier: Apache-2.0
"""The pack that `policies/README.md` shows to whoever writes one: wired as it says, nothing is wrong with it and it decides."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane.errors import BundleRejected
from douane.policy.bundles import bundle
from douane.policy.checks.checker import checked
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.testing import tester as testers  # its name begins like that of a test

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "policies"
BLOCK = re.compile(r"^`(hours/[a-z_.]+)`:\n\n```(?:rego|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WIRES = (
    ("main.rego", "\tdata.douane.models.violations,", "\tdata.douane.hours.violations,\n\tdata.douane.models.violations,"),
    ("main.rego", "\tdata.douane.residency.rejections,", "\tdata.douane.hours.rejections,\n\tdata.douane.residency.rejections,"),
    ("main.rego", 'observable := {"', 'observable := {"hours", "'),
    ("settings/settings.rego", 'given contains ["catalogue"', 'given contains ["hours", data.hours]\n\ngiven contains ["catalogue"'),
    ("settings/settings.rego", "kinds := {\n", 'kinds := {\n\t"hours": {"closed": "list", "asleep": "list"},\n'),
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    folder = tmp_path_factory.mktemp("own") / "policies"
    shutil.copytree(SHIPPED, folder)
    blocks = BLOCK.findall((SHIPPED / "README.md").read_text(encoding="utf-8"))
    assert [name for name, _ in blocks] == ["hours/hours.rego", "hours/data.yaml", "hours/hours_test.rego"]
    (folder / "hours").mkdir()
    for name, text in blocks:
        (folder / name).write_text(text, encoding="utf-8")
    for name, before, after in WIRES:
        text = (folder / name).read_text(encoding="utf-8")
        assert before in text
        (folder / name).write_text(text.replace(before, after, 1), encoding="utf-8")
    return bundle.read(folder)


def test_nothing_is_wrong_with_it_and_its_tests_pass(own: bundle.Bundle) -> None:
    modules = [*own.modules, *own.tests]
    schema, capabilities = (json.loads((SHIPPED / name).read_text()) for name in ("schemas/input.schema.json", "capabilities.json"))
    assert checked(modules, own.data, schema=schema, capabilities=capabilities) == ()
    tester = testers.Tester(modules, own.data)
    try:
        tester.start()
        assert {result.verdict for result in map(tester.run, tester.tests)} == {"pass"}
    finally:
        tester.close()


def test_it_decides_and_wrong_settings_of_it_are_refused(own: bundle.Bundle) -> None:
    case = yaml.safe_load((ROOT / "tests" / "cases" / "policy" / "residency.yaml").read_text(encoding="utf-8"))
    engine = EmbeddedEngine(bundle.override(own, {"hours": {"closed": ["letters"], "asleep": ["paris"]}}), deadline=5, in_process=True)
    result: Any = json.loads(engine.evaluate(json.dumps(case["base"])))
    assert "douane.hours.closed" in {reason["id"] for reason in result["reasons"]}
    assert "douane.hours.asleep" in {rejection["id"] for rejection in result["rejections"]}
    with pytest.raises(BundleRejected, match="closes"):
        bundle.override(own, {"hours": {"closes": []}})
    with pytest.raises(BundleRejected, match=r"hours\.closed"):
        EmbeddedEngine(bundle.override(own, {"hours": {"closed": "letters"}}), deadline=5, in_process=True)
