"""What the rooms have to know of an erasure: whose it is, and how each takes its part in it.

A step is called again and again, each time in a transaction of its own, until it has nothing left.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from notifyproj.core.extension_point import ExtensionPoint

SHORTEST = 2  # characters of what is looked for in texts
ERASED = "[erased]"


@dataclass(frozen=True)
class Subject:
    """Somebody whose data goes: what was known of them. `terms` are what texts are searched for."""

    recipient_id: int
    tombstone: str  # the name their row has from now on
    points: tuple[tuple[str, int], ...]  # (channel, id) of the contact points they had
    hashes: tuple[bytes, ...] = field(default=(), repr=False)
    external_id: str = field(default="", repr=False)
    addresses: tuple[str, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)

    def with_names(self) -> "Subject":
        """To search what was written for them: in the texts of others a name may be another's."""
        return replace(self, addresses=(*self.addresses, *self.names))

    @property
    def terms(self) -> list[str]:
        found = (self.external_id, *self.addresses)
        return sorted({word for word in found if len(word) >= SHORTEST}, key=len, reverse=True)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Whole words only: an id like `42` is no part of 1420."""
        either = "|".join(map(re.escape, self.terms)) or r"(?!)"
        return re.compile(rf"(?<![\w@.+-])(?:{either})(?![\w@-])")

    def scrub(self, text: str) -> str:
        return self.pattern.sub(ERASED, text)

    def scrub_all(self, value: Any) -> Any:
        """The same in every text of a decoded JSON value, also in its keys."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, list):
            return [self.scrub_all(item) for item in value]
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub_all(item) for key, item in value.items()}
        return value


# (whose, where the batch before ended) → where this one ended, or None when nothing is left.
Step = Callable[[Subject, str], str | None]
steps: ExtensionPoint[Step] = ExtensionPoint()  # in the order in which they are gone through
# Called with the recipient's id in the transaction of an erasure, and after it.
at_once: ExtensionPoint[Callable[[int], None]] = ExtensionPoint()
afterwards: ExtensionPoint[Callable[[int], None]] = ExtensionPoint()
