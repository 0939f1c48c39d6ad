# SPDX-License-Identifier: Apache-2.0
"""What a vault keeps beyond one exchange: the nouns, and `VaultStore`, which keeps them. Nothing is kept unless a configuration says so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

__all__ = ["Entry", "Scope", "VaultStore"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose conversation it is. `subject` is who talks within the tenant, empty where an app does not say. All of it may be personal data.

    A conversation is known only together with its tenant and subject: the same id under another subject is another conversation.
    """

    tenant: str = field(repr=False)
    subject: str = field(repr=False)
    conversation: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raises `ValueError` for a scope that would put the conversations of many into one."""
        if not self.tenant or not self.conversation:
            raise ValueError("a scope needs a tenant and a conversation")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and what was given out for it, whole, as the model sees it."""

    label: str = field(repr=False)
    value: str = field(repr=False)
    surrogate: str = field(repr=False)


class VaultStore(Protocol):
    """Keeps what was given out. Every method raises `VaultUnavailable` where it cannot do what it promises."""

    def load(self, scope: Scope) -> tuple[Entry, ...]:
        """All that is kept of a conversation, in no particular order; empty for one that is not known."""
        ...

    def save(self, scope: Scope, entries: Iterable[Entry]) -> None:
        """Keep these too; durable on return. What is kept already becomes as young as today.

        A surrogate that stands for another value in this conversation already is a `VaultUnavailable`, and then nothing of it was kept.
        """
        ...

    def shred(self, tenant: str, subject: str | None) -> int:
        """Destroy the data keys of a subject, or of all subjects of a tenant (None); how many there were."""
        ...

    def expire(self, before: date) -> int:
        """Remove entries that were last given out before a day (of UTC); how many there were."""
        ...
