# SPDX-License-Identifier: Apache-2.0
"""Golden exchanges: request, what left, what came back and every record, equal to the byte on the embedded engine and on the real OPA.

PYTHONPATH=tests python tests/gateway/test_golden.py      writes what happens now into the cases, to be read before it is believed
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.opa import opa_server
from fakes.stack import Stack, stack
from fakes.upstream import chat_answer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "cases" / "exchanges").glob("*.yaml"))
CASES: list[dict[str, Any]] = [case for path in FILES for case in yaml.safe_load(path.read_text(encoding="utf-8"))]
EXPECTED = ("status", "sent", "received", "records")
SURROGATE = re.compile(r"<[A-Z_]+_[a-z]{5}>")
# What no two runs have alike, or what the engines do not both know.
PASSING = ("decision_id", "timestamp", "metrics", "bundles", "labels", "seq")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DAY = re.compile(r'"time": "\d{4}-\d\d-\d\d"')


def scripted(answer: Any) -> Any:
    """A script of the endpoint: an answer with the surrogates that it received, in their order, in the places of `{1}`, `{2}`, ..."""

    def script(connection: Any) -> None:
        names = list(dict.fromkeys(SURROGATE.findall(connection.request.body.decode())))
        body = json.loads(chat_answer("", connection.request.json["model"]))
        if isinstance(answer, str):
            body["choices"][0]["message"]["content"] = answer
        elif answer is not None:
            body["choices"][0] |= answer
        text = json.dumps(body)
        for number, name in enumerate(names, 1):
            text = text.replace(f"{{{number}}}", name)
        connection.answer(text.encode())

    return script


def happens(one: Stack, case: dict[str, Any]) -> dict[str, Any]:
    """What the case comes to."""
    one.paris.script = one.virginia.script = scripted(case.get("answer"))
    before, sent = len(one.events), (len(one.paris.received), len(one.virginia.received))
    body = json.dumps(case["request"]).encode()
    request = urllib.request.Request(f"{one.base}/chat/completions", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    left = {
        name: [r.json for r in end.received[n:]] for name, end, n in (("paris", one.paris, sent[0]), ("virginia", one.virginia, sent[1]))
    }
    records = [{name: part for name, part in event.items() if name not in PASSING} for event in one.events[before:]]
    found = {
        "status": status,
        "sent": {name: bodies for name, bodies in left.items() if bodies},
        "received": json.loads(text),
        "records": records,
    }
    plain = DAY.sub('"time": "today"', ID.sub("an-id", json.dumps(found)))
    return dict(json.loads(plain))


@pytest.fixture(scope="module", params=["embedded", "opa"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("golden")
    if request.param == "embedded":
        with stack(folder, surrogate_key_env="SURROGATE_KEY") as one:
            yield one
        return
    with (
        opa_server(ROOT / "policies") as url,
        stack(folder, surrogate_key_env="SURROGATE_KEY", policies={"engine": "opa", "opa_url": url}) as one,
    ):
        yield one


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_an_exchange_goes_as_written(running: Stack, case: dict[str, Any]) -> None:
    wanted = {name: case[name] for name in EXPECTED}
    assert json.dumps(happens(running, case), sort_keys=True) == json.dumps(wanted, sort_keys=True)


def test_the_cases_hold_both_verdicts_and_what_leaves_holds_no_value() -> None:
    assert {case["status"] for case in CASES} >= {200, 400, 403, 404}
    for case in CASES:
        assert "@example" not in json.dumps(case["sent"])
        assert "@example" not in json.dumps(case["records"])


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name, stack(Path(name), surrogate_key_env="SURROGATE_KEY") as now:
        for path in FILES:
            text = path.read_text(encoding="utf-8")
            head = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
            cases = [{k: v for k, v in case.items() if k not in EXPECTED} | happens(now, case) for case in yaml.safe_load(text)]
            path.write_text(
                head + yaml.safe_dump(cases, sort_keys=False, allow_unicode=True, width=160, default_flow_style=None), encoding="utf-8"
            )
