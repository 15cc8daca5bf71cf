from datetime import timedelta
from typing import Any

import pytest

from notifications.campaigns.models import Campaign, Run, Slice
from notifications.campaigns.plan import audience
from notifications.campaigns.run import capacity as room
from notifications.campaigns.run import feed as feeding
from notifications.campaigns.run.feed import feed
from notifications.campaigns.run.launch import campaign_launch
from notifications.campaigns.run.tick import tick
from notifications.campaigns.states import CampaignState, RunState
from notifications.models import Delivery
from notifications.resolve import insert as store
from notifications.segments.models import Segment
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch, reached
from tests.flows.conftest import Published, all_final, settle
from tests.flows.steps import conserved, run
from tests.providers import StandIn
from tests.world import World


def small_waves(monkeypatch: pytest.MonkeyPatch, n: int = 2) -> None:
    monkeypatch.setattr(feeding, "WAVE", n)


def test_a_campaign_reaches_everybody_once(world: World, provider: StandIn) -> None:
    crowd(world, 5)
    launch(campaign(world))

    tick()
    settle(all_final)

    assert len(provider.requests) == 5
    assert reached() == sorted(person.pk for person in world.people)
    conserved()


def test_a_launch_waits_for_no_tick(world: World) -> None:
    crowd(world, 2)

    campaign_launch(campaign=campaign(world), now=now())
    settle(all_final)

    assert len(reached()) == 2


def test_a_campaign_is_finished_when_every_delivery_is_settled(world: World) -> None:
    crowd(world, 3)
    made = campaign(world)
    launch(made)

    tick()
    settle(all_final)
    tick()

    made.refresh_from_db()
    assert made.state == CampaignState.FINISHED
    assert Run.objects.get().state == RunState.FINISHED


def test_a_campaign_without_an_audience_is_finished(world: World) -> None:
    made = campaign(world)
    launch(made)

    tick()
    tick()

    made.refresh_from_db()
    assert made.state == CampaignState.FINISHED


def test_who_opted_out_is_skipped_and_said_so(world: World) -> None:
    crowd(world, 2)
    proof = Proof("api", now())
    choice_set(
        recipient_id=world.people[0].pk,
        type_id=world.type.pk,
        channel="push",
        enabled=False,
        proof=proof,
    )
    launch(campaign(world))

    tick()
    settle(all_final)

    assert Delivery.objects.get(recipient_id=world.people[0].pk).reason == "opted_out"
    conserved()


def test_an_audience_goes_in_waves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    small_waves(monkeypatch)
    monkeypatch.setattr(feeding, "TURN", -1.0)
    crowd(world, 5)
    launch(campaign(world))

    tick()
    assert Delivery.objects.count() == 2
    go_on()
    assert Delivery.objects.count() == 4
    go_on()
    assert Delivery.objects.count() == 5


def test_a_wave_that_is_asked_for_twice_is_written_once(
    world: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_waves(monkeypatch)
    monkeypatch.setattr(feeding, "TURN", -1.0)
    crowd(world, 4)
    launch(campaign(world))
    tick()
    feeds = [list(each.args) for each in hints if "feed" in each.task]

    for args in feeds * 2:
        feed(*args)

    assert reached() == sorted(set(reached()))
    assert Slice.objects.get().visited == Delivery.objects.count()
    conserved()


def test_a_task_of_before_does_nothing(world: World, hints: list[Published]) -> None:
    crowd(world, 2)
    launch(campaign(world))
    part = Slice.objects.get()

    assert feed(part.pk, part.dispatch_no - 1) == 0


def test_a_worker_that_dies_before_its_wave_is_committed_has_done_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, 3)
    launch(campaign(world))

    def dies(*_: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(store, "insert", dies)
        with pytest.raises(RuntimeError):
            tick()
    assert Slice.objects.get().cursor == 0
    go_on()
    settle(all_final)

    assert reached() == sorted(person.pk for person in world.people)
    conserved()


def test_a_full_queue_holds_the_next_wave_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, 3)
    launch(campaign(world))
    with monkeypatch.context() as patched:
        patched.setattr(room, "backlog", lambda queue: 10**6)
        tick()
        assert not Delivery.objects.exists()
        assert Slice.objects.get().problem == "queue"

    go_on()

    assert Delivery.objects.count() == 3


def test_what_waits_for_a_provider_bounds_what_is_written(
    world: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_waves(monkeypatch)
    monkeypatch.setattr(room, "MOST_OPEN", 4)
    monkeypatch.setattr(room, "limit", lambda queue: 1)
    crowd(world, 10)
    launch(campaign(world))
    tick()
    run(hints[:1])

    assert Delivery.objects.count() == 4
    assert Slice.objects.get().problem == "backlog"


def test_a_rate_is_kept(world: World) -> None:
    crowd(world, 10)
    launch(campaign(world, per_minute=120))

    tick()
    assert Delivery.objects.count() == 2  # those of the first second
    tick()
    assert Delivery.objects.count() == 2
    Run.objects.update(paced_since=now() - timedelta(seconds=1))
    go_on()

    assert Delivery.objects.count() == 4


def test_nothing_goes_out_after_a_campaign_expired(world: World) -> None:
    crowd(world, 2)
    made = campaign(world, expires_at=now() + timedelta(hours=1))
    launch(made)
    Run.objects.update(expires_at=now())

    tick()
    tick()

    assert not Delivery.objects.exists()
    assert Run.objects.get().state == RunState.FINISHED


def test_a_message_lives_no_longer_than_its_campaign(world: World) -> None:
    crowd(world, 1)
    end = now() + timedelta(minutes=5)
    launch(campaign(world, expires_at=end))

    tick()

    assert Delivery.objects.get().expires_at == end


def test_somebody_new_who_comes_before_the_end_is_reached(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_waves(monkeypatch)
    monkeypatch.setattr(feeding, "TURN", -1.0)
    crowd(world, 3)
    launch(campaign(world))
    tick()
    crowd(world, 1)
    go_on()

    assert reached() == sorted(person.pk for person in world.people)


def test_a_sent_campaign_cannot_be_launched_again(world: World) -> None:
    made = campaign(world)
    launch(made)
    again = Campaign.objects.get()

    with pytest.raises(Exception, match="launched"):
        launch(again)
    assert Run.objects.count() == 1


def test_waiting_deliveries_of_a_paused_provider_are_counted_as_waiting(world: World) -> None:
    crowd(world, 1)
    world.account.held_at = now()
    world.account.held_by = "somebody"
    world.account.save()
    launch(campaign(world))

    tick()

    assert Delivery.objects.get().state in (State.WAITING, State.LEASED)
    assert Run.objects.get().state == RunState.RUNNING


def test_few_among_many_are_found_by_steps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "SPAN", 2)
    crowd(world, 9)
    world.person("wanted", token="f" * 64, attributes={"plan": "plus"})
    rules = {"all": [{"attribute": "plan", "is": "plus"}]}
    plus = Segment.objects.create(slug="plus", name="Plus", rules=rules)
    launch(campaign(world, segment=plus))

    tick()
    settle(all_final)

    assert reached() == [world.people[-1].pk]
    assert Slice.objects.get().done_at


def test_a_segment_that_is_changed_meanwhile_is_the_one_it_was(world: World) -> None:
    crowd(world, 2, attributes={"plan": "plus"})
    rules = {"all": [{"attribute": "plan", "is": "plus"}]}
    plus = Segment.objects.create(slug="plus", name="Plus", rules=rules)
    launch(campaign(world, segment=plus))
    plus.rules = {"all": [{"attribute": "plan", "is": "gold"}]}
    plus.save()

    tick()

    assert len(reached()) == 2
