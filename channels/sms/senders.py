"""Whom an SMS comes from, by the country it goes to. Pure.

Countries differ in what they admit: a number of ours, a name of letters, a short code.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from channels.base import Account, BuildError, Outcome, OutcomeKind

ENTRY = re.compile(r"\s*([A-Za-z]{2})\s*=\s*([^\s,=][^,=]*?)\s*")
UNREADABLE = Outcome(
    OutcomeKind.MISCONFIGURED, "The senders are not written like AT=SHOP, US=+1…", "settings"
)


def sender(account: Account, area: str) -> str:
    """Of the setting `senders`: "US=+14155550100, AT=SHOP". "" where it names none for `area`.

    Raises BuildError.
    """
    chosen = account.settings.get("senders")
    if not chosen:
        return ""
    if isinstance(chosen, Mapping):
        return str(chosen.get(area) or "")
    return _read(str(chosen)).get(area, "")


def is_on(setting: Any) -> bool:
    """Returns whether a setting that an operator wrote as text says yes."""
    return str(setting or "").strip().lower() in ("1", "true", "yes", "on")


@lru_cache(maxsize=256)
def _read(text: str) -> dict[str, str]:
    found = {}
    for entry in text.split(","):
        match = ENTRY.fullmatch(entry)
        if match is None:
            raise BuildError(UNREADABLE)
        found[match[1].upper()] = match[2]
    return found
