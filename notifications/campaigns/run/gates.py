"""Between two stages of a run: the canary was looked at, the test has a winner; then go on."""

from datetime import datetime

from django.db import connection, transaction

from notifications.campaigns.models import Run
from notifications.campaigns.run.evaluate import best
from notifications.campaigns.run.numbers import numbers_by_arm, open_deliveries
from notifications.campaigns.run.rows import wait_after
from notifications.campaigns.shares import Stage
from notifications.campaigns.states import RunState

MOSTLY = 0.9  # of what went out in a stage has to be settled before anybody concludes anything

OPEN = """
UPDATE campaign_slice SET due_at = greatest(starts_at, %s)
WHERE run_id = %s AND stage = %s AND done_at IS NULL AND due_at IS NULL
"""


def try_gate(run: Run, now: datetime) -> bool:
    """Whether the next stage began. Auto-pause is checked before."""
    following = next_stage(run)
    if following is None or run.gate_at is None or waits_for(run, now):
        return False
    if run.gate_at > now and not _was_nobody(run):
        return False
    with transaction.atomic():
        going = Run.objects.filter(pk=run.pk, state=RunState.RUNNING, stage=run.stage)
        winner = _winner(run) if run.stage == Stage.TEST else run.winner_id
        gate_at = now + wait_after(run.campaign, following)
        if not going.update(stage=following, gate_at=gate_at, winner_id=winner):
            return False
        with connection.cursor() as cursor:
            cursor.execute(OPEN, [now, run.pk, following.value])
    return True


def _was_nobody(run: Run) -> bool:
    """A stage that met nobody has nothing to be looked at."""
    parts = run.slices.filter(stage=run.stage)
    return not parts.exclude(done_at__isnull=False, visited=0).exists()


def next_stage(run: Run) -> Stage | None:
    stages = run.slices.order_by("stage").values_list("stage", flat=True).distinct()
    return next((Stage(stage) for stage in stages if stage > run.stage), None)


def waits_for(run: Run, now: datetime) -> str:
    """Why the gate stays closed though its time has come; "" when nothing keeps it."""
    begun = run.slices.filter(stage=run.stage, starts_at__lte=now)
    if begun.filter(done_at=None).exists():
        return "visiting"
    numbers = numbers_by_arm(run)
    created = sum(each.created for each in numbers.values())
    deferred = sum(part.deferred for part in begun)
    under_way = open_deliveries(list(numbers), run.began_at) - deferred
    return "settling" if under_way > (1 - MOSTLY) * (created - deferred) else ""


def _winner(run: Run) -> int:
    """The variant whose arm did best."""
    arms = list(run.arms.all())
    numbers = {arm: each.numbers for arm, each in numbers_by_arm(run).items()}
    won = best(numbers, run.campaign.winner_by, [arm.pk for arm in arms])
    return next(arm.variant_id for arm in arms if arm.pk == won)
