"""The one place that asks what time it is. Pure code takes `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Returns the current time in UTC. Tests replace it here."""
    return datetime.now(UTC)


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, as UUIDv7 counts them."""
    return int(instant.timestamp() * 1000)
