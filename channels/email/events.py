"""What the events of all mail providers have in common. Pure."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from channels.base import EventKind

ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
MAX_ATTEMPT = 32_767
CLOCKS = 300.0  # seconds by which two clocks may differ

# Shown to anybody, so in our words: a provider's text may quote the address, or lie.
REASONS = {
    EventKind.DEFERRED: "The mail server asks to try later; the provider does",
    EventKind.BOUNCED_SOFT: "The mail server refused the message; the address may be good",
    EventKind.BOUNCED_HARD: "The address does not exist",
    EventKind.FAILED: "The provider did not send the message",
    EventKind.COMPLAINED: "The person reported it as spam",
    EventKind.SUPPRESSED: "The provider has the address on its own list and did not send",
}


def moment(value: Any) -> datetime | None:
    """Seconds since the epoch; or ISO 8601."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read if read.tzinfo else read.replace(tzinfo=UTC)
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def ours(delivery: Any, attempt: Any) -> tuple[UUID | None, int | None]:
    """Returns the values that `build` sent along, as they came back."""
    try:
        return UUID(delivery), _attempt(attempt)
    except (TypeError, ValueError, AttributeError):
        return None, None


def enhanced_code(*texts: Any) -> str:
    """The first enhanced status code (RFC 3463) in one of the texts."""
    for text in texts:
        found = ENHANCED.search(text[:500]) if isinstance(text, str) else None
        if found:
            return found[1]
    return ""


def text(value: Any, longest: int = 320) -> str:
    return value[:longest] if isinstance(value, str) else ""


def digest(*parts: object) -> str:
    """A dedupe key that holds no address."""
    return sha256("\n".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:32]


def _attempt(value: Any) -> int | None:
    written = str(value)
    number = int(written) if written.isascii() and written.isdecimal() and len(written) < 6 else 0
    return number if 0 < number <= MAX_ATTEMPT else None


def is_recent(signed_at: datetime | None, now: datetime, window: float) -> bool:
    """Whether it was signed at most `window` seconds ago, and not in a future that two clocks
    cannot differ by."""
    return signed_at is not None and -CLOCKS <= (now - signed_at).total_seconds() <= window
