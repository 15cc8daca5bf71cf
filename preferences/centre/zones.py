"""The clock by which a person is told when something is."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from preferences.decision.values import PersonRules


def zone_of(person: PersonRules) -> tzinfo:
    """UTC for one this machine does not know."""
    try:
        return ZoneInfo(person.timezone)
    except (KeyError, ValueError, OSError):
        return UTC
