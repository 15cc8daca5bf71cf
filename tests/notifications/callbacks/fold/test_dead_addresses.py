"""Dead addresses are given up; but not all of them, because of one wrong key."""

from datetime import timedelta

import pytest
from django.db import connection

from channels.accounts.health import resume
from channels.base import EventKind
from notifications.models import DeadCandidate, ReceiptTally
from notifications.record import candidates, dead_addresses
from notifications.record.candidates import Candidate
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.models import ContactPoint
from tests.notifications.callbacks.conftest import Sms
from tests.world import contact_point

LATER = timedelta(minutes=1)
DEAD, DELIVERED = EventKind.BOUNCED_HARD, EventKind.DELIVERED


def numbers(sms: Sms, n: int) -> list[int]:
    found = [contact_point(sms.person, "sms", f"+4366012345{i:02}") for i in range(n)]
    return [one.pk for one in found]


def refused(sms: Sms, points: list[int], of: int, **fields: object) -> None:
    """What a flush of the recorder writes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO account_health_delta (account_id, at, ok, failed, throttled, dead)"
            " VALUES (%s, now(), %s, 0, 0, %s)",
            [sms.account.pk, of, len(points)],
        )
    base = {"channel": "sms", "reason": "Not in use", "dead_since": now(), **fields}
    candidates.note([Candidate(sms.account.pk, id_, **base) for id_ in points])  # type: ignore[arg-type]


def active() -> int:
    return ContactPoint.objects.filter(active=True).count()


def test_when_everything_dies_nothing_is_given_up_and_somebody_is_told_once(sms: Sms) -> None:
    points = numbers(sms, 12)
    for half in (points[:6], points[6:]):
        refused(sms, half, of=6)
    for seconds in (0, 5, 10):
        dead_addresses.fold(now() + timedelta(seconds=seconds))

    assert active() == 13
    sms.account.refresh_from_db()
    assert sms.account.held_by == dead_addresses.GUARD
    alert = Alert.objects.get(key=f"account-held:{sms.account.pk}")
    assert alert.count == 1
    assert DeadCandidate.objects.filter(spared_at=None).count() == 0


def test_a_trickle_is_given_up_within_seconds(sms: Sms) -> None:
    points = numbers(sms, 12)
    refused(sms, points, of=100)

    dead_addresses.fold(now() + timedelta(seconds=4))

    assert active() == 1
    sms.account.refresh_from_db()
    assert sms.account.held_at is None


def test_a_few_are_given_up_however_few_were_sent(sms: Sms) -> None:
    refused(sms, numbers(sms, 9), of=9)

    dead_addresses.fold(now() + LATER)

    assert active() == 1


def test_a_large_blast_of_yesterday_does_not_hide_that_all_is_dead_now(sms: Sms) -> None:
    """The last 500 sends count."""
    refused(sms, [], of=100_000)
    for _ in range(2):
        refused(sms, numbers_again(sms), of=250)

    dead_addresses.fold(now() + LATER)

    assert active() == ContactPoint.objects.count()


def numbers_again(sms: Sms) -> list[int]:
    start = ContactPoint.objects.count()
    made = [contact_point(sms.person, "sms", f"+43660{start + i:07}") for i in range(60)]
    return [one.pk for one in made]


def test_once_it_is_mended_what_was_seen_before_counts_no_more(sms: Sms) -> None:
    points = numbers(sms, 13)
    refused(sms, points[:12], of=12)
    dead_addresses.fold()
    DeadCandidate.objects.update(spared_at=now())
    resume(sms.account.pk)

    refused(sms, points[12:], of=1)
    dead_addresses.fold(now() + LATER)

    assert active() == 13


def test_one_registered_anew_is_alive(sms: Sms) -> None:
    refused(sms, [sms.point.pk], of=50, dead_since=now() - timedelta(days=1))

    dead_addresses.fold(now() + LATER)

    assert active() == 1


def test_nothing_is_given_up_for_an_account_that_is_held(sms: Sms) -> None:
    sms.account.held_at = now()
    sms.account.save()
    refused(sms, [sms.point.pk], of=50)

    dead_addresses.fold(now() + LATER)

    assert active() == 1
    assert not Alert.objects.exists()


@pytest.mark.parametrize(("delivered", "expected"), [(100, 0), (20, 12)])
def test_bounces_are_guarded_by_the_share_of_all_receipts(
    sms: Sms, delivered: int, expected: int
) -> None:
    points = numbers(sms, 12)
    account = sms.account.pk
    candidates.tally_receipts([(account, DEAD)] * 12 + [(account, DELIVERED)] * delivered)
    since = now()
    candidates.note(
        [
            Candidate(
                account_id=account,
                contact_point_id=id_,
                channel="sms",
                reason="Bounced",
                dead_since=since,
                told_later=True,
            )
            for id_ in points
        ]
    )

    dead_addresses.fold(now() + LATER)

    assert active() == 1 + expected


def test_old_tallies_and_candidates_are_forgotten(sms: Sms) -> None:
    candidates.tally_receipts([(sms.account.pk, DEAD)])
    refused(sms, [sms.point.pk], of=1)
    DeadCandidate.objects.update(spared_at=now())

    dead_addresses.forget(now() + timedelta(days=40))

    assert not ReceiptTally.objects.exists()
    assert not DeadCandidate.objects.exists()
