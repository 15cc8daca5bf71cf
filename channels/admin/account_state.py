"""What an account does just now, in words for its operators."""

from datetime import UTC, datetime

from channels.accounts.choose import CLOSED, HALF_OPEN, OPEN
from channels.accounts.health import FEW_FAILURES
from channels.models import ProviderAccount


def state(account: ProviderAccount, spent: int, now: datetime) -> str:
    """The first thing that keeps it from sending, or "sending". `spent`: attempts of today."""
    if not account.enabled:
        return "not enabled"
    if account.held_at is not None:
        who = account.held_by or "the platform"
        return f"suspended: {account.held_reason}, by {who}, since {_at(account.held_at, now)}"
    if (stopped := _breaker(account, now)) is not None:
        return stopped
    if account.failures >= FEW_FAILURES:
        return _failing(account, now)
    if account.daily_cap and spent >= account.daily_cap:
        return "daily cap reached"
    if account.rate_now is not None:
        return f"slowed to {account.rate_now:,.0f}/s"
    return "sending, breaker kept closed manually" if account.breaker_forced else "sending"


def _breaker(account: ProviderAccount, now: datetime) -> str | None:
    if account.breaker_forced == OPEN:
        return "breaker open, set manually"
    if account.breaker_forced or account.breaker == CLOSED:
        return None
    if account.breaker == HALF_OPEN:
        return "breaker half-open: testing with one message"
    until = account.breaker_until
    if until is None or until <= now:
        return "breaker open until the next test message"
    return f"breaker open until {_at(until, now)}"


def _failing(account: ProviderAccount, now: datetime) -> str:
    since = f", since {_at(account.failing_since, now)}" if account.failing_since else ""
    return f"failing: the last {account.failures:,} attempts mostly failed{since}"


def _at(instant: datetime, now: datetime) -> str:
    utc = instant.astimezone(UTC)
    today = utc.date() == now.astimezone(UTC).date()
    return f"{utc:%H:%M:%S} UTC" if today else f"{utc:%d %b %H:%M} UTC"


def share(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f} %"


def milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"


def money(micros: int) -> str:
    """Returns an amount for display, in the currency of the account's costs."""
    amount = micros / 1_000_000
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4f}"
