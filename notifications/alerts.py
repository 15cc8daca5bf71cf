"""Urgent notifications that finally failed: somebody is told, once a type and reason."""

from collections import Counter
from collections.abc import Iterable

from notifications.reasons import REASONS
from notifyproj.core.alerts.alerts import alerts_raise
from preferences.facts.types import type_of

MOST = 20  # causes of one flush; more than that are one cause

Failure = tuple[int, str]  # (type id, reason)


def tell_of_failures(failures: Iterable[Failure]) -> None:
    """One statement, in the caller's transaction; none where nothing failed."""
    found = Counter(failures).most_common(MOST)
    if found:
        alerts_raise([_alert(type_id, reason, n) for (type_id, reason), n in found])


def _alert(type_id: int, reason: str, n: int) -> tuple[str, str, str, int]:
    type_ = type_of(type_id)
    slug = type_.slug if type_ else str(type_id)
    title = f"Urgent notifications of type {slug} fail: {reason}"
    detail = f"{REASONS.get(reason, reason)}. They are in the log by this type and reason."
    return f"urgent-failed:{slug}:{reason}", title, detail, n
