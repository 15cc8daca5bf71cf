from datetime import time, timedelta

from notifications.campaigns.models import Run, Slice
from notifications.campaigns.run.lifecycle import run_pause
from notifications.campaigns.run.stalls import why_waiting
from notifications.campaigns.run.tick import tick
from notifyproj.core.clock import now
from preferences.models import QuietHours, Recipient
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch
from tests.flows.conftest import Published, all_final, settle
from tests.world import World, forget_all


def codes(made: Run) -> list[str]:
    made.refresh_from_db()
    return [reason.code for reason in why_waiting(made, now())]


def test_a_run_that_gets_on_has_nothing_to_explain(world: World) -> None:
    crowd(world, 2)
    made = launch(campaign(world))
    tick()
    settle(all_final)

    assert codes(made) == []


def test_it_names_who_paused_it_and_why(world: World) -> None:
    made = launch(campaign(world))
    run_pause(run=made, by="ada", because="A wrong link", now=now())
    made.refresh_from_db()

    (reason,) = why_waiting(made, now())

    assert reason.text == "Paused by ada: A wrong link."


def test_it_names_an_account_that_is_out(world: World) -> None:
    crowd(world, 1)
    world.account.held_at, world.account.held_reason = now(), "The key was refused"
    world.account.save()
    forget_all()
    made = launch(campaign(world))
    tick()

    reasons = {reason.code: reason for reason in why_waiting(made, now())}

    assert "The key was refused. Nothing is sent by push." in reasons["account"].text
    assert reasons["account"].page[1] == str(world.account.pk)


def test_it_says_until_when_the_canary_is_looked_at(world: World) -> None:
    crowd(world, 10)
    made = launch(campaign(world, canary_percent=50))
    tick()
    settle(all_final)

    assert codes(made) == ["gate"]


def test_it_says_that_a_rate_holds_it_back(world: World) -> None:
    crowd(world, 5)
    made = launch(campaign(world, per_minute=1))
    tick()
    settle(all_final)
    go_on()

    assert codes(made) == ["rate"]


def test_it_says_which_hour_comes_next(world: World) -> None:
    crowd(world, 1, timezone="Asia/Tokyo")
    made = launch(campaign(world))
    Slice.objects.update(zone="Asia/Tokyo", starts_at=now() + timedelta(hours=2))

    (reason,) = why_waiting(made, now())

    assert reason.code == "hour"
    assert "Asia/Tokyo" in reason.text


def test_it_says_what_the_messages_wait_for(world: World) -> None:
    crowd(world, 2)
    for person in Recipient.objects.all():
        QuietHours.objects.create(recipient=person, start=time(0, 0), end=time(23, 59, 59))
    made = launch(campaign(world))
    tick()

    (reason,) = why_waiting(made, now())

    assert reason.code == "quiet_hours"
    assert reason.text.startswith("2 messages: Waiting for the person's quiet hours to end")


def test_it_says_that_nothing_starts_what_is_due(world: World) -> None:
    crowd(world, 1)
    made = launch(campaign(world))
    Slice.objects.update(due_at=now() - timedelta(minutes=1))

    assert codes(made) == ["no_tick"]


def test_it_says_that_no_worker_takes_the_audience(world: World, hints: list[Published]) -> None:
    crowd(world, 1)
    made = launch(campaign(world))
    for _ in range(3):
        go_on()

    assert codes(made) == ["no_resolver"]
