"""Since when a delivery could go: from there its provider's time is counted. And whose it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.accept import write as accept
from notifications.models import CounterDelta, Delivery
from notifyproj.core.clock import now
from preferences.models import QuietHours, Recipient
from tests.flows.conftest import Published, settle
from tests.flows.steps import only_delivery, run, send, settled
from tests.world import World


@pytest.fixture
def ada(world: World) -> Recipient:
    return world.person("ada", token="a" * 64)


def be_quiet(person: Recipient) -> None:
    today = now()
    end = (today + timedelta(hours=2)).time()
    QuietHours.objects.create(recipient=person, start=(today - timedelta(hours=1)).time(), end=end)


def test_what_goes_at_once_is_ready_when_it_is_written(world: World, ada: Recipient) -> None:
    before = now()

    send(world, user_id="ada")

    ready_at = settled().ready_at
    assert ready_at is not None
    assert before <= ready_at <= now()


def test_what_is_skipped_is_never_ready(world: World) -> None:
    send(world, user_ids=["nobody"])

    assert only_delivery().ready_at is None


def test_what_waits_for_the_morning_is_ready_in_the_morning(world: World, ada: Recipient) -> None:
    be_quiet(ada)

    send(world, user_id="ada")

    waiting = only_delivery()
    assert waiting.reason == "quiet_hours"
    assert waiting.ready_at == waiting.due_at


def test_who_goes_to_bed_meanwhile_is_ready_in_the_morning(
    world: World, ada: Recipient, hints: list[Published]
) -> None:
    send(world, user_id="ada")
    be_quiet(ada)

    run(hints)

    settle(Delivery.objects.filter(reason="quiet_hours").exists)
    waiting = only_delivery()
    assert waiting.ready_at == waiting.due_at


def test_deliveries_and_counters_name_the_arm(
    world: World, ada: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = accept.job
    monkeypatch.setattr(accept, "job", lambda item: replace(made(item), arm_id=7))

    send(world, user_id="ada")

    assert settled().arm_id == 7
    assert set(CounterDelta.objects.values_list("arm_id", flat=True)) == {7}
