# SPDX-License-Identifier: Apache-2.0
"""`douane vault status`, `shred`, `rewrap` and `expire`: what is kept of conversations, counted, destroyed, rewrapped; never shown."""

import argparse
import contextlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from douane.errors import ConfigRejected

if TYPE_CHECKING:
    from douane.surrogates.sqlite_store import SqliteStore
    from douane.surrogates.vault_file import Status

__all__ = ["add"]

_KEY = "DOUANE_VAULT_KEY"
_VAULT = """\
examples:
  douane vault status --store var/vault.sqlite                    how much is kept, and which keys wrap it; needs no key itself
  douane vault status --store var/vault.sqlite --json | jq .keys
  douane vault expire --store var/vault.sqlite --older-than 30    remove what was last given out more than 30 days ago; no key either
  douane vault shred --store var/vault.sqlite --tenant acme --subject u-118   destroy what is kept of one person, for good
  douane vault shred --store var/vault.sqlite --tenant acme --yes    of a whole tenant, without asking
  douane vault rewrap --store var/vault.sqlite --key-env NEW_KEY --key-env OLD_KEY   wrap every data key with the new key

exit codes: 0 done, 1 nothing found or the work failed, 2 wrong usage or keys
"""


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    plain = argparse.RawDescriptionHelpFormatter
    vault = commands.add_parser("vault", help="what is kept of conversations", epilog=_VAULT, formatter_class=plain)
    verbs = vault.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, help_: str, run: Any) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, epilog=_VAULT, formatter_class=plain)
        parser.add_argument("--store", type=Path, required=True, metavar="FILE", help="the file of the store")
        parser.set_defaults(run=run)
        return parser

    status = verb("status", "how much is kept, without names", _status)
    status.add_argument("--json", action="store_true", help="as JSON")
    shred = verb("shred", "destroy the data keys of a tenant or a subject: nothing kept under them can be read again", _shred)
    shred.add_argument("--tenant", required=True, metavar="NAME", help="whose")
    shred.add_argument("--subject", metavar="NAME", help="only of this subject of the tenant (default: the whole tenant)")
    shred.add_argument("--yes", action="store_true", help="do not ask")
    expire = verb("expire", "remove what was last given out long ago", _expire)
    expire.add_argument(
        "--older-than", type=_days, required=True, metavar="DAYS", help="what was last given out more than so many days ago"
    )
    rewrap = verb("rewrap", "wrap every data key with the current key", _rewrap)
    for parser in (shred, rewrap):
        parser.add_argument(
            "--key-env",
            action="append",
            metavar="NAME",
            help=f"environment variable with a key; the current one first, older ones after it, each with its own option (default: {_KEY})",
        )


def _days(text: str) -> int:
    days = int(text)
    if not 0 <= days <= 36_500:
        raise ValueError(text)
    return days


def _opened(options: argparse.Namespace) -> "contextlib.closing[SqliteStore]":
    from douane.surrogates.keys import EnvironmentKeys
    from douane.surrogates.sqlite_store import SqliteStore

    keys = EnvironmentKeys(os.environ, options.key_env or [_KEY])
    return contextlib.closing(SqliteStore(options.store, keys, create=False))


def _shred(options: argparse.Namespace) -> int:
    with _opened(options) as store:  # before the question: it must not be asked in vain
        if not options.yes and not _is_sure(options.subject):
            print("douane: nothing was shredded", file=sys.stderr)
            return 1
        count = store.shred(options.tenant, options.subject)
    if not count:
        print("douane: nothing is kept under this name; look at how a gateway would write it", file=sys.stderr)
        return 1
    print(f"shredded {count} data key{'s' if count > 1 else ''}: what was kept under {'them' if count > 1 else 'it'} cannot be read again")
    return 0


def _is_sure(subject: str | None) -> bool:
    what = "everything kept of this subject" if subject is not None else "everything kept of the whole tenant"
    print(f"destroy {what}? this cannot be undone [yes/no] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:
        print(file=sys.stderr)
        raise ConfigRejected("nobody is there to answer; say `--yes`")
    return answer.strip().lower() in {"y", "yes"}


def _rewrap(options: argparse.Namespace) -> int:
    with _opened(options) as store:
        moved = store.rewrap()
    print(f"rewrapped {moved} {'key' if moved == 1 else 'keys'}; the current key alone opens the store now")
    return 0


def _expire(options: argparse.Namespace) -> int:
    from douane.surrogates.vault_file import VaultFile

    with contextlib.closing(VaultFile(options.store, create=False)) as file:
        removed = file.expire(datetime.now(UTC).date() - timedelta(days=options.older_than))
    print(f"removed {removed} {'entry' if removed == 1 else 'entries'}")
    return 0


def _status(options: argparse.Namespace) -> int:
    from douane.surrogates.vault_file import VaultFile

    with contextlib.closing(VaultFile(options.store, create=False)) as file:
        status = file.status()
    print(json.dumps(_members(status), indent=2) if options.json else "\n".join(_lines(status)))
    return 0


def _members(status: "Status") -> dict[str, Any]:
    return {
        "tenants": status.tenants,
        "subjects": status.subjects,
        "conversations": status.conversations,
        "entries": status.entries,
        "oldest": status.oldest and status.oldest.isoformat(),
        "newest": status.newest and status.newest.isoformat(),
        "keys": dict(status.keys),
    }


def _lines(status: "Status") -> list[str]:
    members = _members(status)
    keys = members.pop("keys")
    lines = [f"{name:<14}{'-' if value is None else value}" for name, value in members.items()]
    return [*lines, *(f"key {id_} wraps {count}" for id_, count in keys.items())]
