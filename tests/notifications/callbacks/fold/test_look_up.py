"""What is said of a message that a look-up found: its callbacks name the attempt that sent it."""

import pytest

from channels.base import OutcomeKind
from notifications.callbacks.fold.process import fold_due
from notifications.models import Attempt, Delivery
from notifications.statuses import ProviderOutcome, State
from tests.notifications.callbacks.conftest import Sms, post, status_of


@pytest.fixture
def found(sms: Sms) -> Sms:
    sms.delivery(claims=3)
    Attempt.objects.filter(number=1).update(outcome=OutcomeKind.UNCERTAIN)
    Attempt.objects.filter(number=2).update(outcome=OutcomeKind.THROTTLED)
    Attempt.objects.filter(number=3).update(code="found")
    return sms


def outcome_after(sms: Sms, attempt: int, status: str = "undelivered") -> ProviderOutcome:
    assert post(*status_of(sms, status, attempt, ErrorCode="30003")).status_code == 204
    fold_due()
    delivery = Delivery.objects.get()
    assert delivery.state == State.SENT
    return ProviderOutcome(delivery.outcome)


def test_its_failure_counts(found: Sms) -> None:
    assert outcome_after(found, 1) == ProviderOutcome.BOUNCED_SOFT


def test_its_receipt_counts(found: Sms) -> None:
    assert outcome_after(found, 1, "delivered") == ProviderOutcome.DELIVERED


def test_the_failure_of_a_try_that_was_repeated_does_not(found: Sms) -> None:
    Attempt.objects.filter(number=3).update(code="")
    assert outcome_after(found, 1) == ProviderOutcome.SENT
