# SPDX-License-Identifier: Apache-2.0
"""`douane vault`: counted, destroyed, rewrapped, removed; no name or value is ever printed."""

import json
import subprocess
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from douane.errors import VaultUnavailable
from douane.surrogates.keys import EnvironmentKeys
from douane.surrogates.sqlite_store import SqliteStore
from douane.surrogates.store import Entry, Scope
from fakes.command import run
from fakes.process import douane

KEY, NEW = bytes(range(100, 132)).hex(), bytes(range(7, 39)).hex()
ANNA = Entry("PERSON", "Anna Canary", "<PERSON_qwert>")
SCOPES = [Scope("acme", "u-118", "c1"), Scope("acme", "u-119", "c1"), Scope("other", "u-118", "c1")]


def opened(path: Path, key: str = KEY, today: date | None = None) -> "closing[SqliteStore]":
    day = today or datetime.now(UTC).date()
    return closing(SqliteStore(path, EnvironmentKeys({"K": key}, ["K"]), today=lambda: day))


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUANE_VAULT_KEY", KEY)
    monkeypatch.setenv("NEW_KEY", NEW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "vault.sqlite"
    with opened(path) as store:
        for scope in SCOPES:
            store.save(scope, [ANNA])
    return path


def kept(path: Path, key: str = KEY) -> list[int]:
    with opened(path, key) as store:
        return [len(store.load(scope)) for scope in SCOPES]


def test_status_counts_and_names_nobody(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOUANE_VAULT_KEY")
    code, out, _ = run("vault", "status", "--store", path, "--json", capsys=capsys)
    status, today = json.loads(out), datetime.now(UTC).date().isoformat()
    assert code == 0
    assert status.pop("keys") == {EnvironmentKeys({"K": KEY}, ["K"]).current: 4}
    assert status == {"tenants": 2, "subjects": 3, "conversations": 3, "entries": 3, "oldest": today, "newest": today}
    code, out, _ = run("vault", "status", "--store", path, capsys=capsys)
    assert (code, out.splitlines()[3].split()) == (0, ["entries", "3"])
    assert not any(name in out for name in ("acme", "u-118", "c1", "Canary"))


def test_status_of_an_empty_store_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path / "empty.sqlite"):
        pass
    code, out, _ = run("vault", "status", "--store", tmp_path / "empty.sqlite", "--json", capsys=capsys)
    assert (code, json.loads(out)["entries"], json.loads(out)["oldest"]) == (0, 0, None)


def test_shred_takes_a_subject_or_a_whole_tenant(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("vault", "shred", "--store", path, "--tenant", "acme", "--subject", "u-118", "--yes", capsys=capsys)
    assert (code, err, kept(path)) == (0, "", [0, 1, 1])
    assert "1 data key:" in out
    code, out, err = run("vault", "shred", "--store", path, "--tenant", "other", "--yes", capsys=capsys)
    assert (code, err, kept(path)) == (0, "", [0, 1, 0])
    assert "other" not in out


def test_shred_says_when_there_was_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("vault", "shred", "--store", path, "--tenant", "acme", "--subject", "u-404", "--yes", capsys=capsys)
    assert (code, out, kept(path)) == (1, "", [1, 1, 1])
    assert "nothing is kept" in err
    assert "u-404" not in err


@pytest.mark.parametrize(
    ("said", "code", "left"),
    [("yes\n", 0, [0, 0, 1]), ("Y\n", 0, [0, 0, 1]), ("no\n", 1, [1, 1, 1]), ("\n", 1, [1, 1, 1]), ("", 2, [1, 1, 1])],
)
def test_shred_asks_first(path: Path, said: str, code: int, left: list[int]) -> None:
    arguments = [douane(), "vault", "shred", "--store", str(path), "--tenant", "acme"]
    asked = subprocess.run(arguments, input=said, capture_output=True, text=True, check=False)
    assert (asked.returncode, kept(path)) == (code, left)
    assert "the whole tenant? this cannot be undone" in asked.stderr
    assert ("say `--yes`" in asked.stderr) == (code == 2)


def test_expire_removes_what_is_older_than_so_many_days(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).date()
    for days in (30, 31, 60):
        with opened(path, today=today - timedelta(days=days)) as store:
            store.save(Scope("acme", f"u-{days}", "c"), [ANNA])
    assert run("vault", "expire", "--store", path, "--older-than", "30", capsys=capsys)[:2] == (0, "removed 2 entries\n")
    assert run("vault", "expire", "--store", path, "--older-than", "30", capsys=capsys)[:2] == (0, "removed 0 entries\n")
    with opened(path) as store:
        assert [len(store.load(Scope("acme", f"u-{days}", "c"))) for days in (30, 31, 60)] == [1, 0, 0]


def test_rewrap_moves_everything_to_the_key_that_is_named_first(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ("--key-env", "NEW_KEY", "--key-env", "DOUANE_VAULT_KEY")
    code, out, _ = run("vault", "rewrap", "--store", path, *keys, capsys=capsys)
    assert (code, out) == (0, "rewrapped 4 keys; the current key alone opens the store now\n")
    assert kept(path, NEW) == [1, 1, 1]
    with pytest.raises(VaultUnavailable):
        kept(path)
    status = json.loads(run("vault", "status", "--store", path, "--json", capsys=capsys)[1])
    assert status["keys"] == {EnvironmentKeys({"K": NEW}, ["K"]).current: 4}


@pytest.mark.parametrize("verb", ["rewrap", "shred"])
def test_a_wrong_or_missing_key_is_said_without_it(path: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--tenant", "acme", "--yes") if verb == "shred" else ()
    code, _, err = run("vault", verb, "--store", path, *more, "--key-env", "NOT_SET", capsys=capsys)
    assert (code, "`NOT_SET`, which is not set" in err) == (2, True)
    code, _, err = run("vault", verb, "--store", path, *more, "--key-env", "NEW_KEY", capsys=capsys)
    assert (code, "douane vault status" in err) == (1, True)
    assert NEW not in err
    assert kept(path) == [1, 1, 1]


@pytest.mark.parametrize("verb", [("status",), ("shred", "--tenant", "t", "--yes"), ("rewrap",), ("expire", "--older-than", "1")])
def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, verb: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("vault", *verb, "--store", tmp_path / "none.sqlite", capsys=capsys)
    assert (code, out) == (1, "")
    assert "name one that a gateway has made" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("days", ["-1", "x", "99999999"])
def test_days_that_there_are_not_are_wrong_usage(path: Path, days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("vault", "expire", "--store", path, f"--older-than={days}", capsys=capsys)
    assert ended.value.code == 2


def test_help_shows_examples_of_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("vault", "--help", capsys=capsys)
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "examples:" in shown
    assert all(f"douane vault {verb}" in shown for verb in ("status", "expire", "shred", "rewrap"))
