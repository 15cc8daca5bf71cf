"""Why a run does not get on: what somebody can do something about comes first."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from channels.accounts.health import FEW_FAILURES
from channels.accounts.routes import OWN, routes
from channels.base import Lane
from channels.models import ProviderAccount
from notifications.campaigns.models import Run
from notifications.campaigns.run import capacity as room
from notifications.campaigns.run.gates import next_stage, waits_for
from notifications.campaigns.run.numbers import open_deliveries
from notifications.campaigns.shares import Stage
from notifications.campaigns.states import RunState
from notifications.dispatch.dispatch import backlog, rate
from notifications.queues import delivery_queue
from notifications.reasons import reason_text
from preferences.facts.types import type_of

LOOKED_AT = 2_000  # waiting deliveries, to see what they wait for
LATE = timedelta(seconds=30)

# By the index of what waits: a sample, not a count.
WAITING = """
SELECT reason, count(*), min(due_at) FILTER (WHERE due_at < 'infinity') FROM (
    SELECT reason, due_at FROM delivery
    WHERE lane = %s AND due_at IS NOT NULL AND arm_id = ANY(%s::bigint[]) LIMIT %s
) AS looked_at GROUP BY reason ORDER BY 2 DESC
"""


class Reason(NamedTuple):
    """`page` is the admin's, where there is one to go to: a name and its arguments."""

    code: str
    text: str
    page: tuple[str, ...] = ()


def why_waiting(run: Run, now: datetime) -> list[Reason]:
    """Returns why a run makes no progress; nothing where it does."""
    if run.state == RunState.PAUSED:
        return [_paused(run)]
    if run.state != RunState.RUNNING:
        return []
    type_ = type_of(run.campaign.type_id)
    if type_ is None:
        return [Reason("type_removed", "The notification type was removed.")]
    arms = list(run.arms.select_related("variant"))
    versions = [arm.variant.version_id for arm in arms]
    channels = room.common_channels(run.campaign, type_, versions)
    return [
        *_nobody_works(run, channels, now),
        *_accounts(channels),
        *_gate(run, now),
        *_slices(run, now),
        *_rows(run, [arm.pk for arm in arms]),
    ]


def _paused(run: Run) -> Reason:
    why = f": {run.stopped_because}" if run.stopped_because else ""
    return Reason("paused", f"Paused by {run.stopped_by or 'somebody'}{why}.")


def _nobody_works(run: Run, channels: Sequence[str], now: datetime) -> Iterator[Reason]:
    late = run.slices.filter(due_at__lt=now - LATE, stage__lte=run.stage)
    if late.exists():
        text = "Due work does not start. Check that Beat and `periodic` are running."
        yield Reason("no_tick", text)
    unheard = run.slices.filter(dispatch_no__gte=3, visited=0, problem="", done_at=None)
    if unheard.filter(due_at__isnull=False).exists():
        text = "No worker processes the audience. Check that `background` is running."
        yield Reason("no_resolver", text)
    for channel in channels:
        queue = delivery_queue(channel, Lane(run.lane))
        if (waiting := backlog(queue)) and not rate(queue):
            text = f"{waiting:,} messages wait in the queue {queue}, and no worker takes them."
            yield Reason("no_worker", text)


def _accounts(channels: Sequence[str]) -> Iterator[Reason]:
    """Channels none of whose accounts may send; and accounts that are out while others go on."""
    usable = {
        route.account.channel.value for route in routes.get().by_id.values() if route.usable
    } | {own.value for own in OWN}
    for row in ProviderAccount.objects.filter(channel__in=channels).order_by("slug"):
        why = _out(row)
        if why:
            page = ("admin:channels_provideraccount_change", str(row.pk))
            alone = row.channel not in usable
            yield Reason(
                "account" if alone else "some_accounts",
                f"{row.slug} {why}." + (f" Nothing is sent by {row.channel}." if alone else ""),
                page,
            )


def _out(row: ProviderAccount) -> str:
    if not row.enabled:
        return "is not enabled"
    if row.held_at is not None:
        return f"is suspended: {row.held_reason or row.held_by or 'it needs an operator'}"
    if (row.breaker_forced or row.breaker) != "closed":
        return "failed too often: its circuit breaker is open"
    if row.failures >= FEW_FAILURES:
        return f"is failing: the last {row.failures:,} attempts mostly failed"
    return ""


def _gate(run: Run, now: datetime) -> Iterator[Reason]:
    if next_stage(run) is None or run.gate_at is None:
        return
    stage = Stage(run.stage)
    if run.gate_at > now:
        what = {Stage.CANARY: "The canary is monitored", Stage.TEST: "The variants are compared"}
        yield Reason("gate", f"{what[stage]} until {run.gate_at:%d %b %H:%M} UTC.")
    elif why := waits_for(run, now):
        text = {
            "visiting": "The previous stage is still being prepared.",
            "settling": "The previous stage has no results yet.",
        }[why]
        yield Reason("gate", text)


def _slices(run: Run, now: datetime) -> Iterator[Reason]:
    waiting = run.slices.filter(done_at=None, stage__lte=run.stage)
    problems = set(waiting.values_list("problem", flat=True)) - {""}
    for code, text in (
        ("queue", "The send queues are full. The campaign continues as they drain."),
        (
            "backlog",
            "The limit of waiting messages is reached. The campaign continues as they are sent.",
        ),
        ("rate", f"The send rate is limited to {run.per_minute or 0:,} people per minute."),
    ):
        if code in problems:
            yield Reason(code, text)
    ahead = waiting.filter(starts_at__gt=now).order_by("starts_at").first()
    if ahead is not None and not waiting.filter(starts_at__lte=now).exists():
        where = f" in {ahead.zone}" if ahead.zone else ""
        text = f"The next local send time{where} is {ahead.starts_at:%d %b %H:%M} UTC."
        yield Reason("hour", text)


def _rows(run: Run, arms: Sequence[int]) -> Iterator[Reason]:
    """What the messages already created wait for."""
    if open_deliveries(arms, run.began_at) == 0:
        return
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [run.lane, list(arms), LOOKED_AT])
        for reason, n, next_at in cursor.fetchall():
            if reason:
                most = f"{n:,}" if n < LOOKED_AT else f"more than {LOOKED_AT:,}"
                when = f", the first until {next_at:%d %b %H:%M} UTC" if next_at else ""
                yield Reason(reason, f"{most} messages: {reason_text(reason)}{when}.")
