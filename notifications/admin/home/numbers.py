"""What the first page shows: read from counters, snapshots and small tables, never from the log."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import F

from channels.admin.account_state import state
from channels.base import Channel, Lane
from channels.models import AccountDay, ProviderAccount
from notifications.admin.home.backlog import Due, Held, due, held
from notifications.analytics.figures import Figures, Law
from notifications.analytics.latency import Latency
from notifications.analytics.selectors import Which, totals
from notifications.counters import table as counters
from notifications.dispatch import dispatch
from notifications.dispatch.consumers import silent
from notifications.dispatch.worker_processes import ended
from notifications.queues import delivery_queue
from notifications.statuses import State
from notifyproj.core.models import Alert

HOURS = 24
HOUR = timedelta(hours=1)
ALERTS = 5
MINUTE = """
SELECT account_id, sum(ok), sum(failed) + sum(throttled) FROM account_health_delta
WHERE at > now() - interval '1 minute' GROUP BY account_id
"""


@dataclass(frozen=True, slots=True)
class Hour:
    at: datetime
    sent: int
    failed: int  # and uncertain


@dataclass(frozen=True, slots=True)
class ChannelLine:
    channel: str
    law: Law
    delivered: int
    bounced: int
    hours: list[Hour]


@dataclass(frozen=True, slots=True)
class LaneLine:
    lane: Lane
    lately: Latency  # this hour and the one before
    day: Latency


@dataclass(frozen=True, slots=True)
class AccountLine:
    account: ProviderAccount
    state: str
    sent_today: int  # what the provider accepted
    attempts_today: int
    ok_minute: int
    bad_minute: int


@dataclass(frozen=True, slots=True)
class Numbers:
    at: datetime
    law: Law
    delivered: int
    hours: list[Hour]
    channels: list[ChannelLine]
    lanes: list[LaneLine]
    accounts: list[AccountLine]
    failed: list[tuple[str, int]]  # reasons, the most frequent first
    skipped: list[tuple[str, int]]
    waiting: int
    held: list[Held]
    due: list[Due]
    rates: dict[Lane, int]  # deliveries a second that workers take just now
    alerts: list[Alert]
    silent: list[str] | None  # queues nobody takes from; None: nobody knows
    ended: list[str] | None  # worker processes that are missed


def numbers(now: datetime) -> Numbers:
    first = _hour(now) - (HOURS - 1) * HOUR
    hours = [first + n * HOUR for n in range(HOURS)]
    groups = totals(Which(since=first), ["hour", "channel"])
    found = {(each.key[0].astimezone(UTC), each.key[1]): each.figures for each in groups}
    day = _together(list(found.values()))
    lately = _together([each for (hour, _), each in found.items() if hour >= hours[-2]])
    return Numbers(
        at=now,
        law=day.law(),
        delivered=day.funnel().delivered,
        hours=_hours(found, hours, None),
        channels=_channels(found, hours),
        lanes=[LaneLine(lane, lately.latency(lane), day.latency(lane)) for lane in Lane],
        accounts=_accounts(now),
        failed=list(day.reasons(State.FAILED).items())[:5],
        skipped=list(day.reasons(State.SKIPPED).items())[:5],
        waiting=counters.waiting(),
        held=held(),
        due=due(),
        rates={lane: _rate(lane) for lane in Lane},
        alerts=list(Alert.objects.filter(resolved_at=None).order_by("-last_at")[:ALERTS]),
        silent=silent(),
        ended=ended(),
    )


Found = dict[tuple[datetime, str], Figures]


def _rate(lane: Lane) -> int:
    return sum(dispatch.rate(delivery_queue(channel, lane)) for channel in Channel)


def _hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _together(parts: list[Figures]) -> Figures:
    counts: dict[tuple[int, str], int] = {}
    for part in parts:
        for cell, n in part.counts.items():
            counts[cell] = counts.get(cell, 0) + n
    return Figures(counts)


def _hours(found: Found, hours: list[datetime], channel: str | None) -> list[Hour]:
    lines = []
    for hour in hours:
        here = [f for (at, of), f in found.items() if at == hour and channel in (None, of)]
        law = _together(here).law()
        lines.append(Hour(hour, law.sent, law.failed + law.uncertain))
    return lines


def _channels(found: Found, hours: list[datetime]) -> list[ChannelLine]:
    """In the order of the enum; those that had nothing are left out."""
    used = {channel for _, channel in found}
    lines = []
    for channel in [each.value for each in Channel if each.value in used]:
        figures = _together([each for (_, of), each in found.items() if of == channel])
        bars = _hours(found, hours, channel)
        delivered, bounced = figures.funnel().delivered, figures.bounced
        lines.append(
            ChannelLine(
                channel=channel, law=figures.law(), delivered=delivered, bounced=bounced, hours=bars
            )
        )
    return lines


def _accounts(now: datetime) -> list[AccountLine]:
    days = AccountDay.objects.filter(day=now.astimezone(UTC).date())
    rows_today = days.values_list("account_id", F("ok") - F("dead"), F("ok") + F("failed"))
    today = {account_id: (sent, attempts) for account_id, sent, attempts in rows_today}
    with connection.cursor() as cursor:
        cursor.execute(MINUTE)
        minute = {account_id: (int(ok), int(bad)) for account_id, ok, bad in cursor.fetchall()}
    rows = ProviderAccount.objects.defer("credentials").order_by("channel", "slug")
    return [
        AccountLine(
            row,
            state(row, today.get(row.pk, (0, 0))[1], now),
            *today.get(row.pk, (0, 0)),
            *minute.get(row.pk, (0, 0)),
        )
        for row in rows
    ]
