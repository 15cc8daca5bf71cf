"""What a provider took and failed with later, tried once more where its type says so."""

from datetime import timedelta
from typing import Any

import pytest

from channels.base import Lane
from notifications import backoff
from notifications.callbacks.fold.process import fold_due
from notifications.models import Delivery, Notification
from notifications.statuses import NotificationState, ProviderOutcome, State
from notifyproj.core.clock import now
from tests.notifications.callbacks.conftest import Sms, attempt, post, status_of
from tests.notifications.callbacks.fold.test_process import conserved, tell
from tests.world import forget_all

DAY = timedelta(days=1)
TRIES = len(backoff.SCHEDULE[Lane.NORMAL]) + 1


@pytest.fixture
def again(sms: Sms) -> Sms:
    """With a type that wants another attempt."""
    sms.type.retry_late_failures = True
    sms.type.save()
    forget_all()
    return sms


def taken(sms: Sms, **fields: Any) -> Delivery:
    """A delivery that the provider took, of a notification that is there."""
    parent = fields.pop("parent", NotificationState.RESOLVED)
    variables = fields.pop("variables", b"sealed")
    made = sms.delivery(**{"expires_at": now() + DAY, **fields})
    Notification.objects.create(
        id=made.notification_id,
        service_id=1,
        type_id=sms.type.pk,
        template_version_id=1,
        variables=variables,
        state=parent,
        channels=["sms"],
        recipient_ids=[sms.person.pk],
        lane=1,
        expires_at=made.expires_at,
    )
    return made


@pytest.mark.parametrize("code", ["30001", "30003", "30008", "30022", "30500"])
def test_a_failure_that_may_be_over_starts_another_try(again: Sms, code: str) -> None:
    taken(again)

    found = tell(again, "undelivered", ErrorCode=code)

    assert (found.state, found.reason) == (State.WAITING, "late_failure")
    assert found.outcome == ProviderOutcome.NONE
    assert found.settled_at is None
    assert found.due_at is not None
    assert now() < found.due_at < now() + timedelta(minutes=1)
    conserved()


def test_without_the_types_word_it_stays_as_it_is(sms: Sms) -> None:
    taken(sms)

    found = tell(sms, "undelivered", ErrorCode="30003")

    assert (found.state, found.outcome) == (State.SENT, ProviderOutcome.BOUNCED_SOFT)
    conserved()


@pytest.mark.parametrize("code", ["30002", "30004", "30005", "30006", "30007", "21610", "99999"])
def test_what_will_fail_again_is_not_tried_again(again: Sms, code: str) -> None:
    taken(again)

    assert tell(again, "failed", ErrorCode=code).state == State.SENT
    conserved()


def test_as_often_as_other_failures_and_no_more(again: Sms) -> None:
    taken(again, attempts=TRIES - 1, claims=TRIES - 1)
    assert tell(again, "failed", TRIES - 1, ErrorCode="30003").state == State.WAITING

    taken(again, attempts=TRIES, claims=TRIES)
    found = tell(again, "failed", TRIES, ErrorCode="30003", MessageSid="SM2")

    assert (found.state, found.outcome) == (State.SENT, ProviderOutcome.FAILED)
    conserved()


def test_never_past_its_time(again: Sms) -> None:
    taken(again, expires_at=now() + timedelta(seconds=5))

    assert tell(again, "failed", ErrorCode="30003").state == State.SENT
    conserved()


@pytest.mark.parametrize(
    "fields", [{"parent": NotificationState.CANCELLED}, {"variables": b""}], ids=str
)
def test_what_was_cancelled_or_wiped_is_not_sent_again(again: Sms, fields: Any) -> None:
    taken(again, **fields)

    assert tell(again, "failed", ErrorCode="30003").state == State.SENT
    conserved()


def test_what_was_delivered_does_not_fail_any_more(again: Sms) -> None:
    taken(again)
    tell(again, "delivered")

    assert tell(again, "undelivered", ErrorCode="30003").state == State.SENT
    conserved()


def test_a_receipt_and_a_failure_at_once_are_a_receipt(again: Sms) -> None:
    taken(again)
    for status in ("undelivered", "delivered"):
        post(*status_of(again, status, ErrorCode="30008"))
    fold_due()

    assert Delivery.objects.get(pk=again.id).state == State.SENT
    conserved()


def test_a_receipt_while_it_waits_settles_it(again: Sms) -> None:
    taken(again)
    tell(again, "undelivered", ErrorCode="30008")

    found = tell(again, "delivered")

    assert (found.state, found.outcome) == (State.SENT, ProviderOutcome.DELIVERED)
    assert found.due_at is None
    conserved()


def test_the_same_failure_twice_starts_one_try(again: Sms) -> None:
    taken(again)
    due = {tell(again, "undelivered", ErrorCode="30003").due_at for _ in range(3)}

    assert len(due) == 1
    conserved()


def test_a_late_word_about_the_first_try_does_not_disturb_the_second(again: Sms) -> None:
    made = taken(again, claims=2, attempts=2)
    assert tell(again, "failed", attempt=1, ErrorCode="30003").state == State.SENT

    Delivery.objects.filter(pk=made.pk).update(claims=3)
    attempt(made, 3, again.account.pk)
    assert (
        tell(again, "failed", attempt=3, ErrorCode="30003", MessageSid="SM3").state == State.WAITING
    )
    conserved()
