"""A campaign, killed and paused at random moments."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.db.models import QuerySet

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.run.launch import campaign_launch
from notifications.campaigns.run.lifecycle import run_cancel, run_pause, run_resume
from notifications.campaigns.states import RunState
from notifications.models import Delivery
from notifications.statuses import FINAL, State
from notifyproj.core.clock import now
from preferences.models import Recipient
from templates.models import TemplateVersion
from tests.survival.blast import RECOVERY, books_agree
from tests.survival.provider import StandIn
from tests.survival.running import Platform, kill, poll
from tests.world import World

KILLED = ("background", "bulk", "periodic", "beat")
OPEN = [state.value for state in State if state not in FINAL]
STOPPED = 2.0  # seconds from a pause until nothing leaves any more


@pytest.fixture
def running(platform: Platform, world: World, provider: StandIn, usual: float) -> Iterator[Run]:
    """To everybody, with a canary, on a platform that is whole."""
    poll(platform.is_up, 30, "the platform is up again")
    made = Campaign.objects.create(
        name="News",
        service=world.service,
        type=world.type,
        variables={"order_id": "A-1"},
        canary_percent=Decimal(5),
        canary_minutes=0,
    )
    made.variants.create(name="A", version=TemplateVersion.objects.get())
    run = campaign_launch(campaign=made, now=now())
    assert run is not None
    yield run
    Run.objects.filter(pk=run.pk, state=RunState.RUNNING).update(state=RunState.CANCELLED)


def written(run: Run) -> int:
    return rows(run).count()


def rows(run: Run, **conditions: object) -> QuerySet[Delivery]:
    arms = run.arms.values_list("pk", flat=True)
    return Delivery.objects.filter(arm_id__in=list(arms), **conditions)


def once_each(run: Run) -> bool:
    people = list(rows(run).values_list("recipient_id", flat=True))
    return len(people) == len(set(people)) == Recipient.objects.count()


def goes_on(run: Run, seen: int) -> bool:
    return written(run) > seen or finished(run)


def finished(run: Run) -> bool:
    run.refresh_from_db()
    return run.state == RunState.FINISHED


def test_whoever_is_killed_and_whenever_it_is_paused_everybody_has_one(
    running: Run, platform: Platform, provider: StandIn
) -> None:
    chance, mark = random.Random(11), provider.mark()
    for name in KILLED:
        share = written(running)
        kill(platform.main(name))
        poll(partial(goes_on, running, share), 30, "it went on")
        if chance.random() < 0.5 and not finished(running):
            run_pause(run=running, by="ada", now=now())
            time.sleep(0.3)
            run_resume(run=running, by="ada", now=now())

    poll(lambda: finished(running), 60 + RECOVERY, "it is finished")
    assert once_each(running)
    sent = {str(id_) for id_ in rows(running, state=State.SENT).values_list("pk", flat=True)}
    arrived = Counter({id_: n for id_, n in provider.since(mark).items() if id_ in sent})
    assert set(arrived) == sent
    assert max(arrived.values()) <= 2
    books_agree()


def test_nothing_leaves_two_seconds_after_a_pause(running: Run, provider: StandIn) -> None:
    poll(lambda: written(running) > 2_000, 30, "it is under way")
    run_pause(run=running, by="ada", now=now())
    time.sleep(STOPPED)
    mark = provider.mark()
    time.sleep(1.5)
    assert provider.mark() == mark

    run_resume(run=running, by="ada", now=now())
    poll(lambda: finished(running), 60 + RECOVERY, "it is finished")
    assert once_each(running)
    books_agree()


def test_a_cancelled_campaign_leaves_nothing_waiting(running: Run, provider: StandIn) -> None:
    poll(lambda: written(running) > 2_000, 30, "it is under way")
    assert run_cancel(run=running, by="ada", now=now()).complete

    poll(lambda: not rows(running, state__in=OPEN).exists(), 15, "what was in flight has ended")
    mark, seen = provider.mark(), written(running)
    time.sleep(2)
    assert (provider.mark(), written(running)) == (mark, seen)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaign_slice WHERE due_at IS NOT NULL")
        assert cursor.fetchone()[0] == 0
    books_agree()
