# SPDX-License-Identifier: Apache-2.0
"""The vault's store: what is kept comes back whole or not at all, and nothing of it can be read without its keys."""

import base64
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from douane.errors import VaultUnavailable
from douane.surrogates.keys import EnvironmentKeys, Wrapped
from douane.surrogates.sqlite_store import SqliteStore
from douane.surrogates.store import Entry, Scope, VaultStore
from douane.surrogates.vault_file import VaultFile

ENVIRONMENT = {"KEY": bytes(range(100, 132)).hex(), "NEXT": bytes(range(7, 39)).hex()}
KEYS = EnvironmentKeys(ENVIRONMENT, ["KEY"])
SCOPE = Scope("acme", "u-118", "conversation-7")
ANNA = Entry("PERSON", "Anna Canary", "<PERSON_qwert>")
MAIL = Entry("EMAIL_ADDRESS", "canary@example.org", "<EMAIL_ADDRESS_zxcvb>")
TODAY = date(2026, 11, 25)
OTHERS = (Scope("acme", "u-118", "another"), Scope("acme", "u-119", "conversation-7"), Scope("other", "u-118", "conversation-7"))
TABLES = {
    "keys": ("id", "tenant", "subject", "kek", "wrapped"),
    "pages": ("conversation", "day", "key", "sealed"),
    "entries": ("conversation", "surrogate", "day", "key", "sealed"),
}


class Clock:
    """A day that tests can move."""

    def __init__(self, day: date = TODAY) -> None:
        self.day = day

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.sqlite"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path, KEYS, today=clock, patience=0.05)) as one:
        yield one


def raw(path: Path) -> "closing[sqlite3.Connection]":
    """The file as anybody sees it who has no key."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    return closing(db)


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with raw(path) as db:
        return db.execute(f"SELECT * FROM {table}").fetchall()


def put_back(path: Path, table: str, kept: list[tuple[object, ...]]) -> None:
    with raw(path) as db:
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(TABLES[table]))})", kept)


def on_disk(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in sorted(path.parent.glob(f"{path.name}*")))


# What is kept


def test_what_is_kept_comes_back_to_its_conversation_only(store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    assert set(store.load(SCOPE)) == {ANNA, MAIL}
    for other in OTHERS:
        assert store.load(other) == ()


def test_what_is_kept_is_there_for_the_next_process(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with closing(SqliteStore(path, KEYS)) as next_:
        kept: VaultStore = next_
        assert kept.load(SCOPE) == (ANNA,)


_TEXT = st.text(max_size=200)
_ENTRIES = st.lists(st.builds(Entry, _TEXT, _TEXT, _TEXT), max_size=12, unique_by=lambda entry: entry.surrogate)


@given(_TEXT.filter(bool), _TEXT, _TEXT.filter(bool), st.lists(_ENTRIES, max_size=3))
@example("\ud800", "", "\0", [[Entry("", "\udfff\0", ""), Entry("\0", "", "\0" * 300)]])
@settings(max_examples=60, deadline=None)
def test_whatever_is_kept_comes_back_exactly(tenant: str, subject: str, conversation: str, turns: list[list[Entry]]) -> None:
    scope = Scope(tenant, subject, conversation)
    kept: dict[str, Entry] = {}
    with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "any.sqlite", KEYS)) as store:
        for turn in turns:
            new = [entry for entry in turn if kept.get(entry.surrogate, entry) == entry]
            store.save(scope, new)
            kept |= {entry.surrogate: entry for entry in new}
        assert sorted(map(_told, store.load(scope))) == sorted(map(_told, kept.values()))


def _told(entry: Entry) -> tuple[str, str, str]:
    return entry.label, entry.value, entry.surrogate


def test_a_surrogate_that_stands_for_another_value_already_is_refused_and_changes_nothing(store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    for entries in (
        [MAIL, Entry("PERSON", "Berta", ANNA.surrogate)],
        [MAIL, Entry("LOCATION", ANNA.value, ANNA.surrogate)],
        [MAIL, Entry("EMAIL_ADDRESS", "other@example.org", MAIL.surrogate)],
    ):
        with pytest.raises(VaultUnavailable, match="another value"):
            store.save(SCOPE, entries)
        assert store.load(SCOPE) == (ANNA,)


def test_keeping_again_what_is_kept_writes_nothing(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with raw(path) as db:
        before = db.execute("PRAGMA data_version").fetchone()
        store.save(SCOPE, [ANNA, ANNA])
        store.save(SCOPE, [])
        assert db.execute("PRAGMA data_version").fetchone() == before
        store.save(SCOPE, [MAIL])
        assert db.execute("PRAGMA data_version").fetchone() != before


def test_a_conversation_keeps_so_many_values_and_no_more(path: Path) -> None:
    with closing(SqliteStore(path, KEYS, limit=10)) as store:
        entries = [Entry("PERSON", f"v{n}", f"<PERSON_{n}>") for n in range(11)]
        store.save(SCOPE, entries[:10])
        with pytest.raises(VaultUnavailable, match="more than 10 values"):
            store.save(SCOPE, entries[9:])
        assert len(store.load(SCOPE)) == 10
        store.save(Scope("acme", "u-118", "another"), entries[10:])


@pytest.mark.parametrize("scope", [("", "u", "c"), ("t", "u", "")])
def test_a_scope_that_would_mix_conversations_is_no_scope(scope: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="needs a tenant and a conversation"):
        Scope(*scope)


# Nothing readable


def test_nothing_on_the_disk_can_be_read(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    content = on_disk(path)
    secrets = (*_told(ANNA), *_told(MAIL), "Canary", "acme", "u-118", "conversation-7")
    for secret in secrets:
        plain = secret.encode()
        assert not any(
            written in content for written in (plain, secret.encode("utf-16-le"), plain.hex().encode(), base64.b64encode(plain)[:-4])
        )


def test_the_same_under_two_names_looks_different(path: Path, store: SqliteStore) -> None:
    for scope in (SCOPE, *OTHERS):
        store.save(scope, [ANNA])
    for table, columns in TABLES.items():
        for column in {"subject", "conversation", "surrogate", "sealed", "wrapped"} & set(columns):
            values = [row[columns.index(column)] for row in rows(path, table) if row[1] != b""]
            assert len(set(values)) == (3 if table == "keys" else 4)


def test_lengths_tell_little(path: Path, store: SqliteStore) -> None:
    entries = [Entry("PERSON", "x" * length, f"<PERSON_{length:05}>") for length in range(25)]
    store.save(SCOPE, entries)
    assert len({len(row[4]) for row in rows(path, "entries")}) == 1  # type: ignore[arg-type]  # a blob


def test_nothing_shows_what_it_holds(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    other = Entry("PERSON", "Berta Canary", ANNA.surrogate)
    said = [repr(ANNA), repr(SCOPE), repr(store), str(SCOPE), f"{ANNA}"]
    with pytest.raises(VaultUnavailable) as caught:
        store.save(SCOPE, [other])
    said.append("".join(traceback.format_exception(caught.value)))
    with raw(path) as db:
        db.execute("UPDATE entries SET sealed = x'00'")
    with pytest.raises(VaultUnavailable) as caught:
        store.load(SCOPE)
    said.append("".join(traceback.format_exception(caught.value)))
    for secret in ("Canary", "Berta", "u-118", "acme", "conversation-7", "qwert"):
        assert not any(secret in one for one in said)


def test_the_file_is_for_its_owner_alone(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    assert {stat.S_IMODE(part.stat().st_mode) for part in path.parent.glob("vault.sqlite*")} == {0o600}


# Nothing believed that was not written so


def _flips(value: object) -> Iterator[object]:
    match value:
        case bytes():
            for bit in range(8 * len(value)):
                flipped = bytearray(value)
                flipped[bit // 8] ^= 1 << bit % 8
                yield bytes(flipped)
        case int():
            yield from (value ^ (1 << bit) for bit in range(63))
        case str():
            yield from (value[:n] + chr(ord(value[n]) ^ 1 << bit) + value[n + 1 :] for n in range(len(value)) for bit in range(7))


def test_every_flipped_bit_of_every_row_fails(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    tried = 0
    with raw(path) as db:
        for table, columns in TABLES.items():
            where = "tenant != x''" if table == "keys" else "true"
            for column in columns:
                (value,) = db.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
                for flipped in _flips(value):
                    db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (flipped,))
                    with pytest.raises(VaultUnavailable):
                        store.load(SCOPE)
                    tried += 1
                db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,))
                assert store.load(SCOPE) == (ANNA,)
    assert tried > 3000


def test_every_flipped_bit_of_the_root_key_fails(path: Path) -> None:
    SqliteStore(path, KEYS).close()
    with raw(path) as db:
        (value,) = db.execute("SELECT wrapped FROM keys").fetchone()
        for flipped in _flips(value):
            db.execute("UPDATE keys SET wrapped = ?", (flipped,))
            with pytest.raises(VaultUnavailable):
                SqliteStore(path, KEYS)


@pytest.mark.parametrize(
    "taken",
    [
        "entries",
        "pages",
        "keys WHERE id > 1",
        "entries WHERE surrogate = (SELECT min(surrogate) FROM entries)",
        "entries WHERE surrogate = (SELECT max(surrogate) FROM entries)",
    ],
)
def test_a_row_that_was_taken_away_is_missed(path: Path, store: SqliteStore, taken: str) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    with raw(path) as db:
        db.execute(f"DELETE FROM {taken}")
    with pytest.raises(VaultUnavailable):
        store.load(SCOPE)


def test_a_count_that_is_of_another_day_is_not_changed(path: Path, store: SqliteStore, clock: Clock) -> None:
    store.save(SCOPE, [ANNA])
    with raw(path) as db:
        db.execute("DELETE FROM pages")
    clock.day += timedelta(days=1)
    with pytest.raises(VaultUnavailable, match="missing"):
        store.save(SCOPE, [ANNA])


def test_a_day_that_there_is_not_is_no_status(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with closing(VaultFile(path)) as file, raw(path) as db:
        for day in (0, -5, 2**62):
            db.execute("UPDATE pages SET day = ?", (day,))
            with pytest.raises(VaultUnavailable, match="day that there is not"):
                file.status()


def test_a_store_without_its_root_key_is_not_taken_for_a_new_one(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with raw(path) as db:
        db.execute("DELETE FROM keys WHERE tenant = x''")
    with pytest.raises(VaultUnavailable, match="missing"):
        SqliteStore(path, KEYS)


@pytest.mark.parametrize("other", OTHERS, ids=range(3))
def test_rows_that_are_swapped_between_scopes_fail(path: Path, store: SqliteStore, other: Scope) -> None:
    theirs = Entry("PERSON", "Berta", ANNA.surrogate)
    store.save(SCOPE, [ANNA])
    store.save(other, [theirs])
    kept, pages = rows(path, "entries"), rows(path, "pages")
    with raw(path) as db:
        # Each in turn under the other's name: the ciphertext alone, with its mark, with its page, with all that says where it is.
        for columns, with_page in (((4,), False), ((1, 4), False), ((1, 3, 4), False), ((1, 3, 4), True)):
            db.execute("DELETE FROM entries")
            db.execute("DELETE FROM pages")
            mixed = [tuple(b[n] if n in columns else a[n] for n in range(5)) for a, b in (kept, kept[::-1])]
            put_back(path, "entries", mixed)
            put_back(path, "pages", [(a[0], *b[1:]) for a, b in (pages, pages[::-1])] if with_page else pages)
            for scope in (SCOPE, other):
                with pytest.raises(VaultUnavailable):
                    store.load(scope)


def test_data_keys_that_are_swapped_between_subjects_fail(path: Path, store: SqliteStore) -> None:
    other = Scope("acme", "u-119", "conversation-7")
    store.save(SCOPE, [ANNA])
    store.save(other, [MAIL])
    _, one, two = rows(path, "keys")
    with raw(path) as db:
        for mine, theirs in ((one, two), (two, one)):
            db.execute("UPDATE keys SET wrapped = ? WHERE id = ?", (theirs[4], mine[0]))
    for scope in (SCOPE, other):
        with pytest.raises(VaultUnavailable, match="not where it was"):
            store.load(scope)


def test_a_damaged_file_gives_what_was_written_or_an_error(path: Path, store: SqliteStore) -> None:
    scopes = {Scope("acme", f"u-{n % 3}", f"c-{n}"): [Entry("PERSON", f"v{n}-{m}", f"<PERSON_{m}>") for m in range(6)] for n in range(12)}
    for scope, entries in scopes.items():
        store.save(scope, entries)
    store.close()
    sound, chance = path.read_bytes(), random.Random(7)
    assert len(on_disk(path)) == len(sound)
    damaged = path.with_name("damaged.sqlite")
    failed = 0
    for _ in range(300):
        content = bytearray(sound)
        content[chance.randrange(len(sound))] ^= 1 << chance.randrange(8)
        damaged.write_bytes(content)
        try:
            with closing(SqliteStore(damaged, KEYS)) as read:
                for scope, entries in scopes.items():
                    assert sorted(map(_told, read.load(scope))) == sorted(map(_told, entries))
        except VaultUnavailable:
            failed += 1
        finally:
            for name in ("-wal", "-shm"):
                damaged.with_name(damaged.name + name).unlink(missing_ok=True)
    assert failed > 30


# Fail closed


def test_another_key_opens_nothing(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with pytest.raises(VaultUnavailable, match="douane vault status"):
        SqliteStore(path, EnvironmentKeys(ENVIRONMENT, ["NEXT"]))


def test_a_locked_file_is_unavailable_and_then_goes_on(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with raw(path) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(VaultUnavailable, match="nothing passes until it can"):
            store.save(SCOPE, [MAIL])
        assert store.load(SCOPE) == (ANNA,)
        db.execute("ROLLBACK")
    store.save(SCOPE, [MAIL])
    assert len(store.load(SCOPE)) == 2


def test_a_file_that_was_deleted_or_replaced_is_unavailable(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    path.rename(path.with_name("gone"))
    with pytest.raises(VaultUnavailable):
        store.save(SCOPE, [MAIL])
    shutil.copy(path.with_name("gone"), path)
    with pytest.raises(VaultUnavailable):
        store.load(SCOPE)


def test_a_closed_store_refuses(store: SqliteStore) -> None:
    store.close()
    for ask in (lambda: store.load(SCOPE), lambda: store.save(SCOPE, [ANNA]), lambda: store.shred("acme", None), store.rewrap):
        with pytest.raises(VaultUnavailable):
            ask()


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, other, newer, folder = (tmp_path / name for name in ("text", "other.sqlite", "newer.sqlite", "folder"))
    text.write_text("no database, but long enough to be taken for one" * 40)
    with raw(other) as db:
        db.execute("CREATE TABLE decisions (seq)")
    SqliteStore(newer, KEYS).close()
    with raw(newer) as db:
        db.execute("PRAGMA user_version=2")
    folder.mkdir()
    before = other.read_bytes()
    for path, why in ((text, "cannot be opened"), (other, "no vault's store"), (newer, "version 2"), (folder, "cannot be opened")):
        with pytest.raises(VaultUnavailable, match=why):
            SqliteStore(path, KEYS)
    assert other.read_bytes() == before


def test_a_file_is_not_made_where_one_is_expected(path: Path) -> None:
    with pytest.raises(VaultUnavailable, match="no vault's store at"):
        SqliteStore(path, KEYS, create=False)
    assert not path.exists()


# Age


def test_what_is_old_goes_and_what_was_given_out_again_stays(path: Path, store: SqliteStore, clock: Clock) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    clock.day = TODAY + timedelta(days=10)
    store.save(SCOPE, [ANNA])
    assert len(store.load(SCOPE)) == 2
    assert store.expire(TODAY) == 0
    assert store.expire(TODAY + timedelta(days=1)) == 1
    assert store.load(SCOPE) == (ANNA,)
    assert [row[1] for row in rows(path, "pages")] == [clock.day.toordinal()]
    assert store.expire(clock.day + timedelta(days=1)) == 1
    assert store.load(SCOPE) == ()


def test_a_data_key_goes_with_the_last_that_it_sealed(path: Path, store: SqliteStore, clock: Clock) -> None:
    store.save(SCOPE, [ANNA])
    clock.day += timedelta(days=1)
    store.save(Scope("acme", "u-119", "c"), [ANNA])
    store.expire(clock.day)
    assert len(rows(path, "keys")) == 2
    store.save(SCOPE, [MAIL])
    assert store.load(SCOPE) == (MAIL,)


def test_a_conversation_that_is_given_out_again_whole_leaves_nothing_of_the_old_day(path: Path, store: SqliteStore, clock: Clock) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    clock.day += timedelta(days=1)
    store.save(SCOPE, [MAIL, ANNA])
    assert [row[1] for row in rows(path, "pages")] == [clock.day.toordinal()]
    assert store.expire(clock.day) == 0
    assert set(store.load(SCOPE)) == {ANNA, MAIL}


def test_a_clock_that_was_set_back_makes_nothing_older(path: Path, store: SqliteStore, clock: Clock) -> None:
    store.save(SCOPE, [ANNA])
    clock.day -= timedelta(days=10)
    store.save(SCOPE, [ANNA])
    assert store.expire(TODAY) == 0


def test_no_key_is_needed_to_expire_and_to_count(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    with closing(VaultFile(path, create=False)) as file:
        status = file.status()
        counted = (status.tenants, status.subjects, status.conversations, status.entries, status.oldest, status.newest)
        assert counted == (1, 1, 1, 2, TODAY, TODAY)
        assert status.keys == {KEYS.current: 2}
        assert file.expire(date.max) == 2
        assert file.status().subjects == 0


# Shredding


def test_what_was_shredded_is_gone_and_the_others_stay(path: Path, store: SqliteStore) -> None:
    colleague, stranger = Scope("acme", "u-119", "c"), Scope("other", "u-118", "c")
    for scope in (SCOPE, colleague, stranger):
        store.save(scope, [ANNA])
    assert store.shred("acme", "u-118") == 1
    assert [store.load(scope) for scope in (SCOPE, colleague, stranger)] == [(), (ANNA,), (ANNA,)]
    assert store.shred("acme", "u-118") == 0
    assert store.shred("acme", None) == 1
    assert [store.load(scope) for scope in (SCOPE, colleague, stranger)] == [(), (), (ANNA,)]
    store.save(SCOPE, [MAIL])
    assert store.load(SCOPE) == (MAIL,)


def test_a_shredded_key_stands_nowhere_in_the_files(path: Path) -> None:
    chance = random.Random(3)
    with closing(SqliteStore(path, KEYS)) as store:
        for number in range(150):
            store.save(Scope("acme", f"u-{number}", "c"), [ANNA])
        kept = rows(path, "keys")
        for number in chance.sample(range(150), 60):
            store.shred("acme", f"u-{number}")
            assert path.with_name(path.name + "-wal").stat().st_size == 0
        content, left = on_disk(path), {row[0] for row in rows(path, "keys")}
        assert len(left) == 91
        for id_, *_, wrapped in kept:
            assert isinstance(wrapped, bytes)
            # Nor half of it, nor without its nonce.
            assert any(part in content for part in (wrapped, wrapped[12:40], wrapped[30:])) == (id_ in left)


def test_old_rows_are_noise_once_their_key_is_shredded(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA, MAIL])
    old = {table: rows(path, table) for table in ("pages", "entries")}
    store.shred("acme", "u-118")
    for table, kept in old.items():
        put_back(path, table, kept)
    with pytest.raises(VaultUnavailable, match="data key is not"):
        store.load(SCOPE)
    with pytest.raises(VaultUnavailable):  # nor under a new data key, though the key-encryption key is the same
        store.save(SCOPE, [ANNA])
    assert len(rows(path, "keys")) == 2
    with pytest.raises(VaultUnavailable):
        store.load(SCOPE)
    store.shred("acme", "u-118")
    assert (store.load(SCOPE), rows(path, "pages"), rows(path, "entries")) == ((), [], [])


def test_a_copy_without_key_rows_cannot_be_read_though_the_key_is_there(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    copy = _copy(path, "backup.sqlite")
    with raw(copy) as db:
        db.execute("DELETE FROM keys WHERE tenant != x''")
    with closing(SqliteStore(copy, KEYS)) as read, pytest.raises(VaultUnavailable):
        read.load(SCOPE)


def test_a_copy_with_key_rows_can_be_read_until_its_key_is_gone_too(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    copy = _copy(path, "backup.sqlite")
    store.shred("acme", "u-118")
    with closing(SqliteStore(copy, KEYS)) as read:
        assert read.load(SCOPE) == (ANNA,)
    with pytest.raises(VaultUnavailable):
        SqliteStore(copy, EnvironmentKeys(ENVIRONMENT, ["NEXT"]))


def _copy(path: Path, name: str) -> Path:
    copy = path.with_name(name)
    with raw(path) as one, raw(copy) as other:
        one.backup(other)
    return copy


def test_shredding_says_when_the_log_still_holds_the_key(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with raw(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM keys").fetchone()
        with pytest.raises(VaultUnavailable, match="do the same again"):
            store.shred("acme", "u-118")
        reader.execute("ROLLBACK")
    assert store.shred("acme", "u-118") == 0
    assert path.with_name(path.name + "-wal").stat().st_size == 0


# Other keys


def test_rewrapped_everything_is_there_under_the_new_key_alone(path: Path, store: SqliteStore) -> None:
    scopes = [Scope("acme", f"u-{n}", "c") for n in range(5)]
    for scope in scopes:
        store.save(scope, [ANNA])
    old = rows(path, "keys")
    both = EnvironmentKeys(ENVIRONMENT, ["NEXT", "KEY"])
    with closing(SqliteStore(path, both)) as moving:
        moving.save(Scope("acme", "u-new", "c"), [MAIL])
        assert moving.rewrap() == 6
        assert moving.rewrap() == 0
    with closing(SqliteStore(path, EnvironmentKeys(ENVIRONMENT, ["NEXT"]))) as moved:
        assert {moved.load(scope) for scope in scopes} == {(ANNA,)}
        assert moved.load(Scope("acme", "u-new", "c")) == (MAIL,)
        assert moved.shred("acme", "u-3") == 1
    content = on_disk(path)
    assert not any(row[4] in content for row in old)  # type: ignore[operator]  # a blob


def test_rewrapping_without_the_old_key_fails_and_moves_nothing(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    both = EnvironmentKeys(ENVIRONMENT, ["NEXT", "KEY"])
    with closing(SqliteStore(path, both)) as moving:
        moving.rewrap()
    store.save(Scope("acme", "u-new", "c"), [MAIL])  # by a gateway that still has the old key first
    before = rows(path, "keys")
    with closing(SqliteStore(path, EnvironmentKeys(ENVIRONMENT, ["NEXT"]))) as moving, pytest.raises(VaultUnavailable):
        moving.rewrap()
    assert rows(path, "keys") == before
    with pytest.raises(VaultUnavailable):
        store.load(SCOPE)


# Many at once

_WRITER = """
import sys
from pathlib import Path
from douane.surrogates.keys import EnvironmentKeys
from douane.surrogates.sqlite_store import SqliteStore
from douane.surrogates.store import Entry, Scope
path, name, key = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
SCOPE = Scope("acme", "u-118", "conversation-7")
print("ready", flush=True)
sys.stdin.readline()
store = SqliteStore(path, EnvironmentKeys({"KEY": key}, ["KEY"]))
n = 0
while n < 40 or name == "endless":
    store.save(SCOPE, [Entry("PERSON", f"{name}-{n}", f"<PERSON_{name}{n}>")])
    store.save(SCOPE, [Entry("PERSON", str(n), f"<PERSON_{n}>")])
    print(n, flush=True)
    n += 1
store.close()
"""


def _writer(path: Path, name: str) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", _WRITER, str(path), name, ENVIRONMENT["KEY"]]
    writer = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def test_processes_that_keep_the_same_conversation_at_once_lose_nothing(path: Path) -> None:
    names = ["a", "b", "c"]
    writers = [_writer(path, name) for name in names]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    with closing(SqliteStore(path, KEYS)) as store:
        kept = {entry.value for entry in store.load(SCOPE)}
    assert kept == {f"{name}-{n}" for name in names for n in range(40)} | {str(n) for n in range(40)}
    assert len(rows(path, "keys")) == 2


def test_threads_share_one_store(store: SqliteStore) -> None:
    failures: list[BaseException] = []

    def keep(name: str) -> None:
        try:
            for n in range(15):
                store.save(SCOPE, [Entry("PERSON", f"{name}-{n}", f"<PERSON_{name}{n}>")])
                assert store.load(SCOPE)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=keep, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failures, len(store.load(SCOPE))) == ([], 60)


def test_what_was_kept_survives_a_killed_process(path: Path) -> None:
    with _writer(path, "endless") as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    with closing(SqliteStore(path, KEYS)) as store:
        values = {entry.value for entry in store.load(SCOPE)}
    assert {f"endless-{n}" for n in acknowledged} <= values


class Shredding:
    """A key service during whose answers somebody else shreds, so many times."""

    def __init__(self, path: Path, times: int) -> None:
        self._other = SqliteStore(path, KEYS)
        self.times = times

    @property
    def current(self) -> str:
        return KEYS.current

    def wrap(self, data_key: bytes, context: bytes) -> Wrapped:
        return KEYS.wrap(data_key, context)

    def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        if self.times:
            self.times -= self._other.shred(SCOPE.tenant, SCOPE.subject)
        return KEYS.unwrap(wrapped, context)

    def close(self) -> None:
        self._other.close()


def test_a_data_key_that_is_shredded_while_it_is_used_seals_nothing(path: Path, store: SqliteStore) -> None:
    with closing(Shredding(path, 2)) as service, closing(SqliteStore(path, service)) as raced:
        raced.save(SCOPE, [MAIL])
        assert service.times == 0
        assert store.load(SCOPE) == (MAIL,)
        service.times = 3
        with pytest.raises(VaultUnavailable, match="send the request again"):
            raced.save(SCOPE, [ANNA])
        assert store.load(SCOPE) == ()


def test_a_new_file_that_others_read_is_waited_for(path: Path) -> None:
    VaultFile(path).close()
    with raw(path) as reader:
        reader.execute("PRAGMA journal_mode=DELETE")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM keys").fetchall()
        with pytest.raises(VaultUnavailable, match="cannot be opened"):
            VaultFile(path, patience=0.05)
    with raw(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM keys").fetchall()
        opened: list[VaultFile] = []
        opening = threading.Thread(target=lambda: opened.append(VaultFile(path)))
        opening.start()
        opening.join(0.1)
        assert not opened
        reader.execute("ROLLBACK")
        opening.join()
    opened[0].close()


def test_a_store_that_another_shreds_is_not_written_under_the_dead_key(path: Path, store: SqliteStore) -> None:
    store.save(SCOPE, [ANNA])
    with closing(SqliteStore(path, KEYS)) as other:
        other.shred("acme", "u-118")
    store.save(SCOPE, [MAIL])
    assert store.load(SCOPE) == (MAIL,)
