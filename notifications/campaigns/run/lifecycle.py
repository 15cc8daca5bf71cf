"""Pause, go on, cancel, end. Each marks the run first: waves and claims look at the mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Sum

from notifications.campaigns.models import Campaign, Run, Slice
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import when_of
from notifications.campaigns.plan.hours import is_local
from notifications.campaigns.run.due import feed_due
from notifications.campaigns.run.launch import first_at
from notifications.campaigns.run.numbers import is_settled, numbers_of
from notifications.campaigns.run.rows import per_minute
from notifications.campaigns.schedule import by_zone, next_day
from notifications.campaigns.states import OPEN_RUNS, CampaignState, RunState
from notifications.services.cancel import cancel_waiting, mark_cancelled
from notifications.statuses import NotificationState
from notifyproj.core.alerts.alerts import alert_resolve
from notifyproj.core.api.errors import InvalidFields

INLINE = 3.0  # seconds of cancelling that somebody waits for; the tick goes on

SET_STATE = "UPDATE notification SET state = %s WHERE id = ANY(%s::uuid[]) AND state = ANY(%s)"
NOTHING_WAITS = InvalidFields(
    {"state": "Every message has already been sent: there is nothing to cancel."},
    "nothing_waits",
    409,
)
GOING = [NotificationState.ACCEPTED.value, NotificationState.RESOLVED.value]


@dataclass(frozen=True, slots=True)
class Cancelled:
    deliveries: int  # that will not go out any more
    complete: bool  # False: there are more, and they follow within seconds


def run_pause(*, run: Run, by: str, because: str = "", now: datetime) -> None:
    """Nothing that has not left yet leaves any more. Raises InvalidFields."""
    with transaction.atomic():
        _change(run, {RunState.RUNNING}, RunState.PAUSED, by, because)
        _campaign(run, CampaignState.PAUSED, now)
        _notifications(run, NotificationState.PAUSED, GOING)


def run_resume(*, run: Run, by: str, now: datetime) -> None:
    """From where it stood; its rate and its auto-pause counters restart. Raises
    InvalidFields."""
    numbers = numbers_of(run)._asdict()
    with transaction.atomic():
        _change(run, {RunState.PAUSED}, RunState.RUNNING, by, "")
        visited = run.slices.aggregate(n=Sum("visited"))["n"] or 0
        left = max(0, run.audience - visited)
        Run.objects.filter(pk=run.pk).update(
            paced_since=now,
            paced_visited=visited,
            per_minute=per_minute(run.campaign, left, now),
            brake_from=numbers,
        )
        Slice.objects.filter(run=run, due_at__isnull=False, due_at__gt=now).filter(
            starts_at__lte=now
        ).update(due_at=now)
        _campaign(run, CampaignState.RUNNING, now)
        fed = not run.slices.filter(done_at=None).exists()
        state = NotificationState.RESOLVED if fed else NotificationState.ACCEPTED
        _notifications(run, state, [NotificationState.PAUSED.value])
    alert_resolve(key=auto_pause_key(run))
    feed_due()


def run_cancel(*, run: Run, by: str, now: datetime) -> Cancelled:
    """Leaves nothing waiting. What is on its way ends as it ends; a variant that has all gone out
    stays what it is. Raises InvalidFields, also when nothing of it waits any more."""
    if is_over(run):
        raise NOTHING_WAITS
    with transaction.atomic():
        _change(run, set(OPEN_RUNS), RunState.CANCELLED, by, "")
        Run.objects.filter(pk=run.pk).update(ended_at=now, leftovers=True)
        if not run.slices.filter(done_at=None).exists():
            _notifications(run, NotificationState.RESOLVED, [*GOING, NotificationState.PAUSED])
        Slice.objects.filter(run=run, done_at=None).update(due_at=None, problem="cancelled")
        _campaign(run, CampaignState.CANCELLED, now)
        for arm in run.arms.all():  # two or three
            mark_cancelled(str(arm.notification_id), run.campaign.service_id)
    alert_resolve(key=auto_pause_key(run))
    return cancel_rest(run, INLINE)


def cancel_rest(run: Run, seconds: float) -> Cancelled:
    """Cancels waiting deliveries of the run, for about this many seconds."""
    done = [cancel_waiting(str(arm.notification_id), seconds) for arm in run.arms.all()]
    complete = all(complete for _, complete in done)
    if complete:
        Run.objects.filter(pk=run.pk).update(leftovers=False)
    return Cancelled(sum(n for n, _ in done), complete)


def campaign_cancel(*, campaign: Campaign, by: str, now: datetime) -> Cancelled:
    """Also one that is only scheduled, or waits between two runs. Raises InvalidFields."""
    run = campaign.runs.select_related("campaign").filter(state__in=OPEN_RUNS).first()
    if run is not None and not (campaign.repeat and is_over(run)):
        return run_cancel(run=run, by=by, now=now)
    if run is not None:  # only the runs after it are there to be cancelled
        run_finish(run=run, now=now)
    waiting = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SCHEDULED)
    if not waiting.update(state=CampaignState.CANCELLED, next_at=None, updated_at=now):
        raise InvalidFields({"state": "There is nothing to cancel."}, "not_running", 409)
    return Cancelled(0, complete=True)


def run_finish(*, run: Run, now: datetime) -> bool:
    """Everybody was visited and every delivery is settled. False: it was ended before."""
    with transaction.atomic():
        going = Run.objects.filter(pk=run.pk, state__in=OPEN_RUNS)
        if not going.update(state=RunState.FINISHED, ended_at=now):
            return False
        _notifications(run, NotificationState.RESOLVED, [*GOING, NotificationState.PAUSED])
        _schedule_next(run.campaign, now)
    alert_resolve(key=auto_pause_key(run))
    return True


def is_over(run: Run) -> bool:
    """Returns whether everybody is processed and no delivery waits or is in flight."""
    return not run.slices.filter(done_at=None).exists() and is_settled(run)


def auto_pause_key(run: Run) -> str:
    return f"campaign-stopped:{run.pk}"


def _schedule_next(campaign: Campaign, now: datetime) -> None:
    """One that recurs waits for its next day; days that passed meanwhile are left out."""
    day = campaign.next_on or campaign.on
    while day is not None and (day := _day_after(campaign, day)) is not None:
        campaign.next_on = day
        if (at := _begins_at(campaign, now)) is not None:
            break
    rows = Campaign.objects.filter(pk=campaign.pk)
    if day is None:
        rows.update(state=CampaignState.FINISHED, next_at=None, updated_at=now)
    else:
        rows.update(state=CampaignState.SCHEDULED, next_on=day, next_at=at, updated_at=now)


def _begins_at(campaign: Campaign, now: datetime) -> datetime | None:
    """When its next run begins; None when that is past. By local hours at once, if it is still to
    come in a zone that somebody is in: the first has its next morning before the last had this
    one, and may get it some hours late (`plan.hours.OVERLAP`)."""
    at = first_at(campaign)
    if at is None or at > now:
        return at
    if not is_local(campaign):
        return None
    hours = by_zone(when_of(campaign), audience.zones()).values()
    return now if any(hour > now for hour in hours) else None


def _day_after(campaign: Campaign, day: date) -> date | None:
    found = next_day(campaign.on or day, campaign.repeat, day)
    late = found and campaign.repeat_until and found > campaign.repeat_until
    return None if late else found


def _campaign(run: Run, state: CampaignState, now: datetime) -> None:
    Campaign.objects.filter(pk=run.campaign_id).update(state=state, updated_at=now)


def _change(run: Run, before: set[RunState], after: RunState, by: str, because: str) -> None:
    """Waits for a wave that is being written. Raises InvalidFields."""
    changed = Run.objects.filter(pk=run.pk, state__in=before).update(
        state=after, stopped_by=by[:200], stopped_because=because[:300]
    )
    if not changed:
        raise InvalidFields({"state": f"It is not {' or '.join(sorted(before))}."}, "not_so", 409)


def _notifications(run: Run, to: NotificationState, before: Sequence[int]) -> None:
    ids = [str(id_) for id_ in run.arms.values_list("notification_id", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute(SET_STATE, [to.value, ids, list(before)])
