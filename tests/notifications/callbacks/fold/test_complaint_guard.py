"""Who complains gets no more mail; but not everybody, because of one wrong feedback loop."""

from datetime import UTC, timedelta

import pytest
from django.test import Client

from channels.base import Event, EventKind
from notifications.callbacks.fold import effects
from notifications.callbacks.fold.parse import told_of
from notifications.models import Counter, DeadCandidate
from notifications.record import dead_addresses
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.models import Suppression
from tests.notifications.callbacks.conftest import Sms

LATER = timedelta(minutes=1)


def heard(sms: Sms, kind: EventKind, n: int, first: int = 0) -> None:
    """A mail provider says so of `n` addresses."""
    told = [
        told_of(
            Event(f"{kind}:{i}", kind, None, address=f"person{i}@example.org"),
            received_at=now(),
            account_id=sms.account.pk,
            channel="email",
        )
        for i in range(first, first + n)
    ]
    effects.apply(told, {})


def sent(sms: Sms, n: int, days_ago: int) -> None:
    hour = (now() - timedelta(days=days_ago)).astimezone(UTC).replace(minute=0, second=0)
    Counter.objects.create(
        hour=hour.replace(microsecond=0),
        type_id=sms.type.pk,
        channel="email",
        account_id=sms.account.pk,
        measure=State.SENT,
        n=n,
    )


def is_held(sms: Sms) -> bool:
    sms.account.refresh_from_db()
    return sms.account.held_by == dead_addresses.GUARD


def test_a_complaint_suppresses_within_seconds_as_a_complaint(sms: Sms) -> None:
    heard(sms, EventKind.COMPLAINED, 1)

    dead_addresses.fold(now() + LATER)

    assert Suppression.objects.get().source == "complaint"


def test_when_everybody_complains_nobody_is_suppressed_and_the_account_is_held(sms: Sms) -> None:
    heard(sms, EventKind.DELIVERED, 20)
    heard(sms, EventKind.COMPLAINED, 12)

    dead_addresses.fold(now() + LATER)

    assert not Suppression.objects.exists()
    assert is_held(sms)
    alert = Alert.objects.get(title__contains="complained")
    assert "of 20 messages of a week 12 were complained about" in alert.detail


def test_many_complaints_about_a_large_blast_of_days_ago_are_believed(sms: Sms) -> None:
    sent(sms, 10_000, days_ago=3)
    heard(sms, EventKind.COMPLAINED, 30)

    dead_addresses.fold(now() + LATER)

    assert Suppression.objects.count() == 30
    assert not is_held(sms)


def test_a_blast_of_last_month_makes_no_flood_of_complaints_believable(sms: Sms) -> None:
    sent(sms, 10_000, days_ago=30)
    heard(sms, EventKind.COMPLAINED, 30)

    dead_addresses.fold(now() + LATER)

    assert not Suppression.objects.exists()


def test_a_few_complaints_are_believed_however_little_was_sent(sms: Sms) -> None:
    heard(sms, EventKind.COMPLAINED, 9)

    dead_addresses.fold(now() + LATER)

    assert Suppression.objects.count() == 9


def test_many_deliveries_excuse_no_bounces_that_are_too_many(sms: Sms) -> None:
    """Each guard has its own measure."""
    sent(sms, 10_000, days_ago=1)
    heard(sms, EventKind.BOUNCED_HARD, 12)

    dead_addresses.fold(now() + LATER)

    assert not Suppression.objects.exists()


@pytest.mark.parametrize("kind", [EventKind.COMPLAINED, EventKind.BOUNCED_HARD])
def test_an_operator_gives_up_after_all_what_the_guard_spared(
    sms: Sms, admin_client: Client, kind: EventKind
) -> None:
    heard(sms, kind, 12)
    dead_addresses.fold(now() + LATER)
    ids = list(DeadCandidate.objects.values_list("pk", flat=True))[:2]

    admin_client.post(
        "/admin/notifications/deadcandidate/", {"action": "release", "_selected_action": ids}
    )

    assert Suppression.objects.count() == 2
    assert DeadCandidate.objects.count() == 10
