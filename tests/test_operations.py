# SPDX-License-Identifier: Apache-2.0
"""The operational log: one line an event, and no value of an exception, whoever logs it."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys, structlog
from douane.operations import configure

configure(as_json={as_json}, level="info")
secret = "anna.berger@example.org"
try:
    raise ValueError(f"cannot read {{secret}}")
except ValueError:
    logging.getLogger("uvicorn.error").exception("failed")
    structlog.get_logger("douane").error("failed too", exc_info=True)
    logging.getLogger("asyncio").error("and again", exc_info=sys.exc_info())
structlog.get_logger("douane").info("listening", url="http://127.0.0.1:8080/v1")
structlog.get_logger("douane").debug("not told")
"""


def printed(*, as_json: bool) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(as_json=as_json)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_an_exception_is_named_and_never_quoted(as_json: bool) -> None:
    said = printed(as_json=as_json)
    assert said.count("ValueError") == 3
    assert "anna" not in said
    assert "Traceback" not in said


def test_events_are_one_json_object_a_line() -> None:
    events = [json.loads(line) for line in printed(as_json=True).splitlines()]
    assert [event["event"] for event in events] == ["failed", "failed too", "and again", "listening"]
    assert events[-1]["level"] == "info"
    assert events[-1]["timestamp"].endswith("Z")
