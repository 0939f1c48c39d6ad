# SPDX-License-Identifier: Apache-2.0
"""`VaultStore` in one SQLite file in which nothing can be read without a key service.

Each subject has a data key of its own, made at random and kept only wrapped. Whoever destroys it has destroyed whatever it sealed, in
every copy of the rows. Data keys are unwrapped for each call and not kept: what was shredded is gone for every gateway at once.
"""

import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from douane.errors import VaultUnavailable
from douane.surrogates.keys import KEY_BYTES, KeyService, Wrapped
from douane.surrogates.sealed import Index, Sealer, key_context
from douane.surrogates.store import Entry, Scope
from douane.surrogates.vault_file import PATIENCE, VaultFile

__all__ = ["LIMIT", "SqliteStore"]

LIMIT = 10_000
"""How many entries of a conversation are kept; one more is refused."""

_BATCH = 1000
_TRIES = 3


class SqliteStore:
    """A vault's store in one SQLite file. See `VaultStore`; usable from many threads and processes at once."""

    def __init__(
        self,
        path: Path,
        keys: KeyService,
        *,
        create: bool = True,
        limit: int = LIMIT,
        patience: float = PATIENCE,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """Opens or creates the file; `patience` is for how many seconds others may hold it.

        Raises `VaultUnavailable`, also where the keys are not those that it was made with.
        """
        self._file = VaultFile(path, create=create, patience=patience)
        self._keys = keys
        self._limit = limit
        self._today = today
        try:
            # A key of the store's own and not of the service's: marks stay the same when keys change, and a KMS has no key to derive from.
            self._index = Index(self._data_key(b"", b"")[1])
        except BaseException:
            self._file.close()
            raise

    def load(self, scope: Scope) -> tuple[Entry, ...]:
        """See `VaultStore`."""
        marks = self._index.marks(scope)
        with self._file.transaction("DEFERRED") as db:
            owner = _key_row(db, marks.tenant, marks.subject)
            pages = db.execute("SELECT day, key, sealed FROM pages WHERE conversation = ?", (marks.conversation,)).fetchall()
            rows = db.execute("SELECT day, key, sealed, surrogate FROM entries WHERE conversation = ?", (marks.conversation,)).fetchall()
        if not pages and not rows:
            return ()
        if owner is None:
            raise VaultUnavailable("a conversation is there whose data key is not; `douane vault shred` removes what is left of it")
        number, wrapped = owner
        sealer = Sealer(self._unwrapped(wrapped, marks.tenant, marks.subject), marks, number)
        if _counts(sealer, number, pages) != Counter(row[0] for row in rows):
            raise _amiss()
        return tuple(_entry(sealer, number, row) for row in rows)

    def save(self, scope: Scope, entries: Iterable[Entry]) -> None:
        """See `VaultStore`. Raises `VaultUnavailable` too where a conversation would hold more than the limit."""
        given: dict[str, Entry] = {}
        for entry in entries:
            if given.setdefault(entry.surrogate, entry) != entry:
                raise _taken()
        if not given:
            return
        marks = self._index.marks(scope)
        by_mark = {self._index.surrogate(scope, entry.surrogate): entry for entry in given.values()}
        for _ in range(_TRIES):
            number, data_key = self._data_key(marks.tenant, marks.subject)
            sealer = Sealer(data_key, marks, number)
            with self._file.transaction("IMMEDIATE") as db:
                owner = _key_row(db, marks.tenant, marks.subject)
                if owner is not None and owner[0] == number:
                    return self._write(db, sealer, marks.conversation, number, by_mark)
        raise VaultUnavailable("a subject is shredded while its conversation goes on; send the request again")

    def _write(self, db: sqlite3.Connection, sealer: Sealer, conversation: bytes, number: int, by_mark: Mapping[bytes, Entry]) -> None:
        today = self._today().toordinal()
        pages = db.execute("SELECT day, key, sealed FROM pages WHERE conversation = ?", (conversation,)).fetchall()
        counts = _counts(sealer, number, pages)
        changes: Counter[int] = Counter()
        fresh = []
        for mark, entry in by_mark.items():
            query = "SELECT day, key, sealed, surrogate FROM entries WHERE conversation = ? AND surrogate = ?"
            row = db.execute(query, (conversation, mark)).fetchone()
            if row is not None:
                if _entry(sealer, number, row) != entry:
                    raise _taken()
                if row[0] >= today:
                    continue
                changes[row[0]] -= 1
            changes[today] += 1
            fresh.append((conversation, mark, today, number, sealer.seal_entry(entry, day=today, mark=mark)))
        if not fresh:
            return
        if counts.total() + changes.total() > self._limit:
            raise VaultUnavailable(f"a conversation would keep more than {self._limit} values; begin another conversation")
        db.executemany("INSERT OR REPLACE INTO entries (conversation, surrogate, day, key, sealed) VALUES (?, ?, ?, ?, ?)", fresh)
        for day, change in changes.items():
            count = counts[day] + change
            if count < 0:
                raise _amiss()
            if count:
                page = (conversation, day, number, sealer.seal_count(count, day=day))
                db.execute("INSERT OR REPLACE INTO pages (conversation, day, key, sealed) VALUES (?, ?, ?, ?)", page)
            else:
                db.execute("DELETE FROM pages WHERE conversation = ? AND day = ?", (conversation, day))

    def shred(self, tenant: str, subject: str | None) -> int:
        """See `VaultStore`. What is kept under no data key, put back from a copy perhaps, goes too."""
        marks: tuple[bytes, ...] = (self._index.tenant(tenant),)
        if subject is not None:
            marks = (*marks, self._index.subject(tenant, subject))
        with self._file.transaction("IMMEDIATE") as db:
            clause = "tenant = ?" if subject is None else "tenant = ? AND subject = ?"
            count = db.execute(f"DELETE FROM keys WHERE {clause}", marks).rowcount
            db.execute("DELETE FROM pages WHERE key NOT IN (SELECT id FROM keys)")
            db.execute("DELETE FROM entries WHERE key NOT IN (SELECT id FROM keys)")
        self._file.empty_log()
        return count

    def expire(self, before: date) -> int:
        """See `VaultStore`."""
        return self._file.expire(before)

    def rewrap(self) -> int:
        """Wrap every data key, and the root key, with the current key; how many had been wrapped with another. May be begun again."""
        moved = last = 0
        while True:
            with self._file.transaction("DEFERRED") as db:
                query = "SELECT id, tenant, subject, kek, wrapped FROM keys WHERE id > ? AND kek != ? ORDER BY id LIMIT ?"
                rows = db.execute(query, (last, self._keys.current, _BATCH)).fetchall()
            if not rows:
                break
            fresh, last = [], rows[-1][0]
            for id_, tenant, subject, kek, sealed in rows:
                wrapped = self._keys.wrap(self._unwrapped(Wrapped(kek, sealed), tenant, subject), key_context(tenant, subject))
                fresh.append((wrapped.key, wrapped.sealed, id_, sealed))
            with self._file.transaction("IMMEDIATE") as db:
                moved += db.executemany("UPDATE keys SET kek = ?, wrapped = ? WHERE id = ? AND wrapped = ?", fresh).rowcount
        self._file.empty_log()
        return moved

    def _data_key(self, tenant: bytes, subject: bytes) -> tuple[int, bytes]:
        """The number and the data key of a subject, made where there is none; of two that are made at once one is taken by both."""
        with self._file.transaction("DEFERRED") as db:
            row = _key_row(db, tenant, subject)
        if row is None:
            made = self._keys.wrap(secrets.token_bytes(KEY_BYTES), key_context(tenant, subject))
            with self._file.transaction("IMMEDIATE") as db:
                row = _key_row(db, tenant, subject) or _insert_key(db, tenant, subject, made)
        return row[0], self._unwrapped(row[1], tenant, subject)

    def _unwrapped(self, wrapped: Wrapped, tenant: bytes, subject: bytes) -> bytes:
        return self._keys.unwrap(wrapped, key_context(tenant, subject))

    def close(self) -> None:
        """Closes the file; everything fails from then on."""
        self._file.close()


def _key_row(db: sqlite3.Connection, tenant: bytes, subject: bytes) -> tuple[int, Wrapped] | None:
    row = db.execute("SELECT id, kek, wrapped FROM keys WHERE tenant = ? AND subject = ?", (tenant, subject)).fetchone()
    return None if row is None else (row[0], Wrapped(row[1], row[2]))


def _insert_key(db: sqlite3.Connection, tenant: bytes, subject: bytes, made: Wrapped) -> tuple[int, Wrapped]:
    if not tenant and db.execute("SELECT EXISTS (SELECT 1 FROM keys) OR EXISTS (SELECT 1 FROM pages)").fetchone() == (1,):
        raise _amiss()  # a store whose root key is gone; with another one nothing in it would ever be found
    values = (tenant, subject, made.key, made.sealed)
    id_ = db.execute("INSERT INTO keys (tenant, subject, kek, wrapped) VALUES (?, ?, ?, ?)", values).lastrowid
    assert id_ is not None
    return id_, made


def _counts(sealer: Sealer, number: int, pages: Iterable[tuple[int, int, bytes]]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for day, key, sealed in pages:
        if key != number:
            raise _amiss()
        counts[day] = sealer.open_count(sealed, day=day)
    return counts


def _entry(sealer: Sealer, number: int, row: tuple[int, int, bytes, bytes]) -> Entry:
    day, key, sealed, mark = row
    if key != number:
        raise _amiss()
    return sealer.open_entry(sealed, day=day, mark=mark)


def _amiss() -> VaultUnavailable:
    return VaultUnavailable("rows of the vault's store are missing; bring it back as it was, or shred whom they were about")


def _taken() -> VaultUnavailable:
    return VaultUnavailable("a surrogate stands for another value of this conversation already; send the request again")
