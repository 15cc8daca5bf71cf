"""Login codes do not outlive their purpose, however it ends; other variables stay."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from notifications.accept import fanout
from notifications.accept.fanout import resolve_chunks
from notifications.dispatch.claim import Claimed, claim
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery, Notification
from notifications.record import write as recording
from notifications.record.outcomes import Change
from notifications.services.cancel import cancel
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published, settle
from tests.flows.steps import go_on, now_due, recorded, run, send, settled
from tests.flows.threads import at_once
from tests.providers import Answer, StandIn
from tests.world import World, forget_all

BROKEN = Answer(500, {"reason": "InternalServerError"})


@pytest.fixture
def ada(world: World) -> World:
    """A type whose variables are codes."""
    world.type.sensitive = True
    world.type.save()
    forget_all()
    world.person("ada", token="a" * 64)
    return world


def wiped() -> bool:
    return bytes(Notification.objects.get().variables) == b""


def test_codes_are_wiped_once_they_were_sent(ada: World) -> None:
    send(ada, user_id="ada")

    settled()
    settle(wiped)


def test_variables_of_other_types_stay(ada: World) -> None:
    ada.type.sensitive = False
    ada.type.save()
    forget_all()

    send(ada, user_id="ada")

    settled()
    assert not wiped()


def test_codes_stay_while_one_delivery_still_waits(ada: World, provider: StandIn) -> None:
    ada.device(ada.people[0], "b" * 64)
    provider.answers = [BROKEN]
    send(ada, user_id="ada")
    recorded(2)
    settle(Delivery.objects.filter(state=State.SENT).exists)

    assert not wiped()

    go_on()
    settled()
    settle(wiped)


def test_codes_for_somebody_who_cannot_be_reached_are_wiped_at_once(ada: World) -> None:
    ada.person("bob")

    send(ada, user_id="bob")

    assert wiped()


def test_codes_that_expire_are_wiped(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    now_due(expires_at=now())

    sweep()

    assert wiped()


def test_codes_that_expire_before_they_are_resolved_are_wiped(ada: World) -> None:
    send(ada, user_id="ada", scheduled_at=(now() + timedelta(hours=1)).isoformat())
    Notification.objects.update(due_at=now(), expires_at=now())

    sweep()

    assert wiped()


def test_codes_that_crash_workers_are_wiped_when_they_are_given_up(
    ada: World, hints: list[Published]
) -> None:
    send(ada, user_id="ada")
    now_due(state=State.LEASED, lease_id=1, crashes=4)

    sweep()

    assert wiped()


def test_codes_that_are_cancelled_are_wiped(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")

    cancel(notification_id=str(Notification.objects.get().pk), service_id=ada.service.pk)

    assert wiped()


def test_codes_stay_until_the_whole_audience_is_resolved(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first chunk may be sent before the second is written."""
    monkeypatch.setattr(fanout, "CHUNK", 30)
    monkeypatch.setattr(fanout, "TURN", -1.0)
    for n in range(60):
        ada.person(f"user-{n}")
    names = ["ada", *(f"user-{n}" for n in range(60))]
    send(ada, user_ids=names)
    id_ = str(Notification.objects.get().pk)

    left = []
    for _ in range(3):
        resolve_chunks(id_, 1)
        run([hint for hint in hints if "deliver" in hint.task])
        settled()
        left.append(not wiped())

    assert Delivery.objects.count() == 61
    assert left == [True, True, False]


def test_the_last_two_deliveries_to_settle_at_once_leave_no_code(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    """Neither sees the other's end before both are committed."""
    ada.device(ada.people[0], "b" * 64)
    send(ada, user_id="ada")
    rows = claim(*hints[0].args)
    assert len(rows) == 2

    def finish(row: Claimed) -> Callable[[], object]:
        return lambda: recording.write([Change(row, State.SENT)])

    at_once(*map(finish, rows))

    assert wiped()


def test_what_the_provider_quoted_is_not_kept(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(400, {"reason": "BadMessageId", "quoted": "code 4711"})]

    send(ada, user_id="ada")

    settled()
    attempt = Attempt.objects.get()
    assert (attempt.response_status, attempt.response_excerpt) == (400, "")
