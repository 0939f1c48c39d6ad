# SPDX-License-Identifier: Apache-2.0
"""Policies that change while the gateway serves: no exchange sees half of two revisions, and a bad change changes nothing."""

import json
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from douane import load
from douane.errors import BundleRejected
from fakes.opa import opa_server
from fakes.stack import Stack, settings, stack
from fakes.upstream import chat_answer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "policies"


def told(url: str, key: str = "") -> Any:
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith("{") else text


def chat(one: Stack, text: str = "hello", model: str = "small") -> int:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(f"{one.base}/chat/completions", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def active(one: Stack) -> dict[str, Any]:
    standing: dict[str, Any] = told(f"{one.url}/statusz")["bundles"]["active"]
    return standing


def wait_for(what: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "policies")
    return tmp_path / "policies"


def test_the_panic_switch_works_on_a_running_gateway(tmp_path: Path) -> None:
    switches = tmp_path / "settings.yaml"
    switches.write_text("{}\n")
    with stack(tmp_path, policies={"settings_file": str(switches), "reload_seconds": 0.05}) as one:
        assert chat(one) == 200
        before = active(one)["active_digest"]
        switches.write_text("ops: { panic: true }\n")
        wait_for(lambda: active(one)["active_digest"] != before)
        assert chat(one) == 403
        switches.write_text("ops: { panik: false }\n")  # a slip of the hand lets nothing pass
        wait_for(lambda: "panik" in active(one).get("message", ""))
        assert chat(one) == 403
        switches.write_text("{}\n")
        wait_for(lambda: active(one)["active_digest"] == before)
        assert chat(one) == 200
        assert len({event["bundles"]["douane"]["digest"] for event in one.events}) == 2
        assert 'douane_policy_activations_total{policies="active"} 3.0' in told(f"{one.url}/metrics")


def test_one_provider_can_be_switched_off_and_what_has_another_candidate_goes_on(tmp_path: Path) -> None:
    switches = tmp_path / "settings.yaml"
    wide = "residency: { default: { inference: [EEA, US], storage: [EEA, US], controller: [EEA, US] } }\n"
    switches.write_text(wide)
    with stack(tmp_path, policies={"settings_file": str(switches), "reload_seconds": 0.05}) as one:
        one.virginia.script = lambda c: c.answer(chat_answer("Hello.", "large-virginia"))
        assert (chat(one, model="assistant"), chat(one, model="frontier")) == (200, 200)
        assert len(one.virginia.received) == 2
        before = active(one)["activations"]
        switches.write_text(wide + "ops: { panic_for: { destinations: [virginia] } }\n")
        wait_for(lambda: active(one)["activations"] > before)
        assert (chat(one, model="assistant"), chat(one, model="frontier")) == (200, 403)
        assert (len(one.virginia.received), len(one.paris.received)) == (2, 1)


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("ops/ops.rego", "package douane.ops\n\nviolations contains {\n", "ops.rego"),
        ("ops/ops_test.rego", "package douane.ops_test\n\ntest_nothing if false\n", "test_nothing"),
        ("main.rego", "package douane.main\n\ndecision := data.nothing\n", "decision"),
        ("ops/data.yaml", "panic: [\n", "ops/data.yaml"),
    ],
)
def test_a_bad_change_is_refused_and_the_last_good_policies_go_on(tmp_path: Path, policies: Path, file: str, text: str, why: str) -> None:
    with stack(tmp_path, policies={"path": str(policies), "reload_seconds": 0.05}) as one:
        before = active(one)
        (policies / file).write_text(text)
        wait_for(lambda: "message" in active(one))
        after = active(one)
        assert why in after["message"]
        assert after["active_digest"] == before["active_digest"]
        assert chat(one) == 200
        assert 'douane_policy_is_refused{policies="active"} 1.0' in told(f"{one.url}/metrics")


def test_under_load_both_legs_of_every_exchange_have_one_revision(tmp_path: Path, policies: Path) -> None:
    with stack(tmp_path, policies={"path": str(policies), "reload_seconds": 0.02}) as one:
        stop, statuses = threading.Event(), []

        def ask() -> None:
            while not stop.is_set():
                statuses.append(chat(one, "write to anna@example.org"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(5):
            seen = active(one)["activations"]
            (policies / "ops" / "data.yaml").write_text((SHIPPED / "ops" / "data.yaml").read_text() + f"# {number}\n")
            data = (SHIPPED / "models" / "data.yaml").read_text()
            (policies / "models" / "data.yaml").write_text(data.replace("apps: {}", f"apps: {{other-{number}: [small]}}"))
            wait_for(lambda seen=seen: active(one)["activations"] > seen)
        stop.set()
        for thread in threads:
            thread.join()
        assert set(statuses) == {200}
        by_exchange: dict[str, set[str]] = {}
        for event in one.events:
            by_exchange.setdefault(event["custom"]["exchange"], set()).add(event["bundles"]["douane"]["digest"])
        assert all(len(digests) == 1 for digests in by_exchange.values())
        assert len(set.union(*by_exchange.values())) >= 5


def test_a_candidate_is_compared_on_live_traffic_and_a_tenant_can_be_moved(tmp_path: Path, policies: Path) -> None:
    candidate = {"path": str(policies), "settings": {"ops": {"panic": True}}}
    with stack(tmp_path, policies={"path": str(policies), "candidate": candidate}) as one:
        assert chat(one) == 200
        wait_for(lambda: "difference" in one.kinds)
        (event,) = [event for event in one.events if event["custom"]["kind"] == "difference" and event["result"]["permitted"]][:1]
        assert event["custom"]["difference"]["verdict"] == ["allow", "deny"]
        assert event["custom"]["difference"]["rules"]["gained"] == ["douane.ops.panic"]
        assert event["input"] is None
        standing = told(f"{one.url}/statusz")
        assert standing["bundles"]["candidate"]["active_digest"] != standing["bundles"]["active"]["active_digest"]
        assert standing["compared"]["different"] >= 1
    with stack(tmp_path, policies={"path": str(policies), "candidate": candidate | {"tenants": ["acme"]}}) as one:
        assert chat(one) == 403


def test_the_panic_switch_holds_for_a_candidate_that_decides(tmp_path: Path, policies: Path) -> None:
    switches = tmp_path / "settings.yaml"
    switches.write_text("{}\n")
    candidate = {"path": str(policies), "tenants": ["acme"]}
    with stack(tmp_path, policies={"settings_file": str(switches), "reload_seconds": 0.05, "candidate": candidate}) as one:
        assert chat(one) == 200
        switches.write_text("ops: { panic: true }\n")
        wait_for(lambda: chat(one) == 403)


def test_a_candidate_that_only_looks_on_and_cannot_be_loaded_stops_nothing(tmp_path: Path, policies: Path) -> None:
    (policies / "ops" / "ops.rego").write_text("package douane.ops\n\nviolations contains {\n")
    with stack(tmp_path, policies={"candidate": {"path": str(policies)}}) as one:
        assert chat(one) == 200
        assert told(f"{one.url}/readyz")["status"] == "ok"
        assert "ops.rego" in told(f"{one.url}/statusz")["bundles"]["candidate"]["message"]
        assert "difference" not in one.kinds


def test_wrong_settings_of_an_opa_server_are_found_at_the_start(tmp_path: Path, policies: Path) -> None:
    data = policies / "ops" / "data.yaml"
    data.write_text(data.read_text() + "panik: true\n")
    with opa_server(policies) as url, pytest.raises(BundleRejected, match="panik"):
        config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", policies={"engine": "opa", "opa_url": url})
        border = load(config)
        try:
            border.start()
        finally:
            border.close()


def test_status_and_metrics_are_for_operators(tmp_path: Path) -> None:
    with stack(tmp_path, operator_key_env="OTHER_KEY") as one:
        for path in ("statusz", "metrics"):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                told(f"{one.url}/{path}")
            with pytest.raises(urllib.error.HTTPError, match="401"):
                told(f"{one.url}/{path}", "key-of-the-app")
            assert told(f"{one.url}/{path}", "key-of-another")
