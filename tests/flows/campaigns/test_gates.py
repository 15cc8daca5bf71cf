from datetime import timedelta

import pytest

from notifications.campaigns.models import Arm, Campaign, Run, Slice
from notifications.campaigns.run import gates
from notifications.campaigns.run import tick as watching
from notifications.campaigns.run.evaluate import Numbers
from notifications.campaigns.run.lifecycle import run_pause, run_resume
from notifications.campaigns.run.tick import tick
from notifications.campaigns.shares import PLACES, Stage
from notifications.campaigns.states import CampaignState, RunState
from notifications.models import Delivery
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from templates.models import TemplateVersion
from templates.versions.services import version_draft, version_publish
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch, pass_gate, reached
from tests.flows.conftest import all_final, settle
from tests.flows.steps import conserved
from tests.providers import Answer, StandIn
from tests.world import PARTS, World


def with_two_variants(made: Campaign) -> Campaign:
    first = TemplateVersion.objects.select_related("template").get()
    second = version_publish(version=version_draft(template=first.template, parts=dict(PARTS)))
    made.variants.create(name="B", version=second)
    return made


def everybody(world: World) -> list[int]:
    return sorted(person.pk for person in world.people)


def test_the_canary_goes_first_and_the_others_wait(world: World) -> None:
    crowd(world, 40)
    run = launch(campaign(world, canary_percent=25))

    tick()
    settle(all_final)
    go_on()
    first = len(reached())
    assert 0 < first < 40

    pass_gate(run)
    settle(all_final)
    assert reached() == everybody(world)
    conserved()


def test_a_canary_of_so_many_people_is_about_so_many(world: World) -> None:
    crowd(world, 40)

    launch(campaign(world, canary_people=10))

    canary = Slice.objects.get(stage=Stage.CANARY)
    assert (canary.high - canary.low) / PLACES == 0.25


def test_the_others_wait_until_the_canary_has_arrived(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, 20)
    run = launch(campaign(world, canary_percent=50))
    tick()
    settle(all_final)
    sent = len(reached())
    monkeypatch.setattr(gates, "open_deliveries", lambda *_: sent)

    pass_gate(run)

    assert len(reached()) == sent
    assert gates.waits_for(Run.objects.get(), now()) == "settling"


def test_a_canary_that_fails_stops_the_campaign_and_says_why(
    world: World, provider: StandIn
) -> None:
    crowd(world, 40)
    provider.always = Answer(400, {"reason": "PayloadEmpty"})
    run = launch(campaign(world, canary_percent=50, brake_after=3))
    tick()
    settle(all_final)
    tick()

    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert run.stopped_by == "auto-pause"
    assert "failed: 100.0%, more than 20.0%" in run.stopped_because
    assert "paused automatically" in Alert.objects.get(key=f"campaign-stopped:{run.pk}").title

    pass_gate(run)
    assert len(reached()) < 40


def test_a_campaign_resumed_after_auto_pause_is_not_paused_for_the_same_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, 1)
    run = launch(campaign(world, brake_after=10))
    bad = Numbers(sent=50, failed=50)
    monkeypatch.setattr(watching, "numbers_of", lambda _: bad)
    monkeypatch.setattr("notifications.campaigns.run.lifecycle.numbers_of", lambda _: bad)
    tick()
    run.refresh_from_db()
    assert run.state == RunState.PAUSED

    run_resume(run=run, by="ada", now=now())
    tick()

    run.refresh_from_db()
    assert run.state != RunState.PAUSED
    assert Alert.objects.get(key=f"campaign-stopped:{run.pk}").resolved_at


def test_auto_pause_works_until_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(world, 2)
    run = launch(campaign(world))
    tick()
    monkeypatch.setattr(watching, "numbers_of", lambda _: Numbers(sent=1_000, complained=9))

    tick()

    run.refresh_from_db()
    assert "spam" in run.stopped_because


def test_two_variants_share_the_audience(world: World) -> None:
    crowd(world, 60)
    launch(with_two_variants(campaign(world)))

    tick()
    settle(all_final)

    assert reached() == everybody(world)
    counts = [
        Delivery.objects.filter(notification_id=arm.notification_id, arm_id=arm.pk).count()
        for arm in Arm.objects.all()
    ]
    assert sum(counts) == 60
    assert min(counts) > 10


def test_the_winner_of_the_test_goes_to_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, 60)
    made = with_two_variants(campaign(world, test_percent=50, winner_by="clicked"))
    run = launch(made)
    tick()
    settle(all_final)
    tested = set(reached())
    first, second = Arm.objects.all()
    monkeypatch.setattr(
        gates,
        "best",
        lambda arms, metric, order: second.pk if metric == "clicked" else first.pk,
    )

    pass_gate(run)
    settle(all_final)

    assert reached() == everybody(world)
    rest = Delivery.objects.exclude(recipient_id__in=tested)
    assert set(rest.values_list("arm_id", flat=True)) == {second.pk}
    assert Run.objects.get().winner_id == second.variant_id


def test_who_is_held_out_gets_nothing(world: World) -> None:
    crowd(world, 40)
    launch(campaign(world, hold_out_percent=50))

    tick()
    settle(all_final)
    tick()

    assert 0 < len(reached()) < 40
    assert Campaign.objects.get().state == CampaignState.FINISHED


def test_after_a_pause_a_stage_is_not_begun_anew(world: World) -> None:
    crowd(world, 30)
    run = launch(campaign(world, canary_percent=30))
    tick()
    settle(all_final)
    run_pause(run=run, by="ada", now=now())
    pass_gate(run)
    run_resume(run=run, by="ada", now=now())
    pass_gate(run)
    settle(all_final)

    assert reached() == everybody(world)
    assert len(set(reached())) == len(reached())


def test_a_canary_that_would_be_nobody_is_left_out(world: World) -> None:
    crowd(world, 3)
    launch(campaign(world, canary_percent=1))

    tick()
    settle(all_final)

    assert reached() == everybody(world)


def test_a_canary_that_met_nobody_is_not_waited_for(world: World) -> None:
    crowd(world, 2)
    run = launch(campaign(world, canary_percent=50))
    Slice.objects.filter(stage=Stage.CANARY).update(low=0, high=0)

    for _ in range(3):
        tick()
    settle(all_final)

    assert run.gate_at is not None
    assert run.gate_at > now()
    assert Slice.objects.get(stage=Stage.REST).done_at


def test_the_gate_has_its_own_time(world: World) -> None:
    crowd(world, 4)
    run = launch(campaign(world, canary_percent=50, canary_minutes=30))

    assert run.gate_at is not None
    assert timedelta(minutes=29) < run.gate_at - now() <= timedelta(minutes=30)
