from datetime import timedelta
from typing import Any

import pytest

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.run import feed as feeding
from notifications.campaigns.run.lifecycle import campaign_cancel, run_cancel, run_pause, run_resume
from notifications.campaigns.run.tick import tick
from notifications.campaigns.states import CampaignState, RunState
from notifications.dispatch.sweep import sweep
from notifications.models import Delivery, Notification
from notifications.queues import DELIVER
from notifications.statuses import NotificationState, State
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now
from templates.models import TemplateVersion
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch, reached
from tests.flows.conftest import Published, all_final, settle
from tests.flows.steps import conserved, run
from tests.providers import StandIn
from tests.world import World


def begun(world: World, hints: list[Published]) -> Run:
    """Its deliveries are written; their hints are in a queue nobody reads."""
    made = launch(campaign(world))
    tick()
    run(hints[:1])
    hints.pop(0)
    return made


def pause(made: Run) -> None:
    run_pause(run=made, by="ada", now=now())


def test_what_is_in_the_queue_when_a_campaign_is_paused_waits(
    world: World, hints: list[Published], provider: StandIn
) -> None:
    crowd(world, 3)
    made = begun(world, hints)

    pause(made)
    run(hints)
    settle(lambda: Delivery.objects.filter(held_by__startswith="notification:").count() == 3)
    sweep()

    assert not provider.requests
    assert set(Delivery.objects.values_list("reason", flat=True)) == {"on_hold"}
    conserved()


def test_a_paused_campaign_writes_no_wave(world: World) -> None:
    crowd(world, 3)
    made = launch(campaign(world))

    pause(made)
    go_on()

    assert not Delivery.objects.exists()


def test_a_campaign_that_goes_on_sends_what_waited_and_what_was_not_visited(
    world: World,
    hints: list[Published],
    provider: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeding, "WAVE", 2)
    monkeypatch.setattr(feeding, "TURN", -1.0)
    crowd(world, 5)
    made = begun(world, hints)
    pause(made)
    run(hints)
    settle(lambda: Delivery.objects.filter(held_by__isnull=False).count() == 2)

    run_resume(run=made, by="ada", now=now())
    sweep()
    for _ in range(3):
        go_on()
        run(hints)
    Delivery.objects.filter(state=State.WAITING).update(due_at=now())
    sweep()
    run(hints)
    settle(all_final)

    assert reached() == sorted(person.pk for person in world.people)
    assert len(provider.requests) == 5
    conserved()


def test_a_cancelled_campaign_leaves_nothing_waiting(
    world: World, hints: list[Published], provider: StandIn
) -> None:
    crowd(world, 3)
    made = begun(world, hints)

    done = run_cancel(run=made, by="ada", now=now())
    run(hints)
    go_on()

    assert (done.deliveries, done.complete) == (3, True)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert not provider.requests
    conserved()


def test_what_is_held_by_a_pause_is_cancelled_too(world: World, hints: list[Published]) -> None:
    crowd(world, 2)
    made = begun(world, hints)
    pause(made)
    run(hints)
    settle(lambda: Delivery.objects.filter(held_by__isnull=False).count() == 2)

    run_cancel(run=made, by="ada", now=now())

    assert set(Delivery.objects.values_list("state", "held_by")) == {(State.CANCELLED, None)}


def test_a_cancellation_that_takes_long_is_gone_on_with(
    world: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, 2)
    made = begun(world, hints)
    with monkeypatch.context() as patched:
        patched.setattr("notifications.campaigns.run.lifecycle.INLINE", -1.0)
        assert not run_cancel(run=made, by="ada", now=now()).complete

    tick()

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert not Run.objects.get().leftovers


def all_out(world: World, hints: list[Published], **fields: Any) -> Campaign:
    """Every message has been sent, and no second has passed since."""
    made = campaign(world, **fields)
    launch(made)
    tick()
    run(hints)
    settle(all_final)
    return made


def test_a_campaign_of_which_nothing_waits_is_not_cancelled_any_more(
    world: World, hints: list[Published], provider: StandIn
) -> None:
    crowd(world, 2)
    made = all_out(world, hints)

    with pytest.raises(InvalidFields, match="already been sent"):
        campaign_cancel(campaign=made, by="ada", now=now())

    made.refresh_from_db()
    assert (made.state, Run.objects.get().state) == (CampaignState.RUNNING, RunState.RUNNING)
    tick()
    made.refresh_from_db()
    assert made.state == CampaignState.FINISHED


def test_of_a_campaign_that_recurs_only_the_runs_to_come_are_cancelled(
    world: World, hints: list[Published], provider: StandIn
) -> None:
    crowd(world, 2)
    soon = now() + timedelta(hours=1)
    made = all_out(world, hints, starts="at", on=soon.date(), at=soon.time(), repeat="daily")
    Run.objects.update(state=RunState.PAUSED)

    campaign_cancel(campaign=made, by="ada", now=now())

    made.refresh_from_db()
    assert (made.state, Run.objects.get().state) == (CampaignState.CANCELLED, RunState.FINISHED)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}
    states = Notification.objects.values_list("state", flat=True)
    assert set(states) == {NotificationState.RESOLVED}


def test_the_variant_that_has_all_gone_out_stays_what_it_is_when_the_other_is_cancelled(
    world: World, hints: list[Published], provider: StandIn
) -> None:
    crowd(world, 40)  # so that the share of neither is nobody: it is drawn
    made = campaign(world)
    made.variants.create(name="B", version=TemplateVersion.objects.earliest("id"))
    begun_ = launch(made)
    tick()
    run(hints[:1])
    hints.pop(0)
    first, second = (str(arm.notification_id) for arm in begun_.arms.all())
    of_first = {str(row.pk) for row in Delivery.objects.filter(notification_id=first)}
    for _, (ids, numbers), _ in hints:
        kept = [pair for pair in zip(ids, numbers, strict=True) if pair[0] in of_first]
        run([Published(DELIVER, [list(part) for part in zip(*kept, strict=True)], "")])
    settle(
        lambda: (
            not Delivery.objects.filter(notification_id=first).exclude(state=State.SENT).exists()
        )
    )

    run_cancel(run=begun_, by="ada", now=now())

    states = {str(id_): state for id_, state in Notification.objects.values_list("id", "state")}
    assert states[first] == NotificationState.RESOLVED
    assert states[second] == NotificationState.CANCELLED


def test_a_campaign_that_waits_for_its_day_can_be_cancelled(world: World) -> None:
    from notifications.campaigns.run.launch import campaign_launch

    tomorrow = now() + timedelta(days=1)
    made = campaign(world, starts="at", on=tomorrow.date(), at=tomorrow.time())
    assert campaign_launch(campaign=made, now=now()) is None

    campaign_cancel(campaign=made, by="ada", now=now())

    made.refresh_from_db()
    assert made.state == CampaignState.CANCELLED


def test_a_finished_run_cannot_be_paused(world: World) -> None:
    made = launch(campaign(world))
    Run.objects.update(state=RunState.FINISHED)

    with pytest.raises(InvalidFields, match="running"):
        pause(made)


def test_who_paused_it_and_why_is_kept(world: World) -> None:
    made = launch(campaign(world))

    run_pause(run=made, by="ada", because="A wrong link", now=now())

    found = Run.objects.get()
    assert (found.stopped_by, found.stopped_because) == ("ada", "A wrong link")
