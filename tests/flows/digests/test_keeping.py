"""What is kept of digests, how much and how long."""

from datetime import timedelta

import pytest

from notifications.digests import insert as gathering
from notifications.digests.erasure import KEPT, forget_old
from notifications.digests.models import Digest, DigestItem
from notifications.history.deliveries import delivery_views
from notifications.models import Delivery, Notification
from notifications.services.close_digests import close_due
from notifyproj.core.clock import now
from preferences.models import Recipient
from preferences.recipients.services import recipient_erase
from tests.flows.digests.steps import an_hour_passes, said, tell
from tests.flows.steps import settled
from tests.world import World

HOUR = timedelta(hours=1)


def made() -> Notification:
    ids = Digest.objects.exclude(notification_id=None).values("notification_id")
    return Notification.objects.get(pk__in=ids)


def test_erasing_a_person_deletes_what_waits_for_them(news: World) -> None:
    tell(news, "A-1")

    recipient_erase(external_id="ada")

    assert not DigestItem.objects.exists()
    assert not Digest.objects.exists()


def test_an_item_written_after_the_erasure_says_nothing(news: World) -> None:
    tell(news, "A-1")
    Recipient.objects.update(data_key=None, erased_at=now())  # as by an erasure that came first
    an_hour_passes()

    assert close_due() == 1
    assert Notification.objects.count() == 1


def test_no_content_is_left_behind_once_it_went_out(news: World) -> None:
    tell(news, "A-1", "A-2")
    assert b"A-1" not in bytes(DigestItem.objects.earliest("notification_id").variables or b"")
    an_hour_passes()
    close_due()

    assert list(DigestItem.objects.values_list("variables", flat=True)) == [None, None]


def test_one_that_overflows_counts_what_it_no_longer_keeps(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_KEPT", 2)
    tell(news, "A-1", "A-2", "A-3", "A-4")
    an_hour_passes()
    close_due()

    settled()
    assert said() == [("4 news, the last of A-2", "A-1 A-2")]


def test_large_items_are_kept_up_to_a_size(news: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_BYTES", 150)
    tell(news, "A-1", "B" * 100, "C-1")
    an_hour_passes()
    close_due()

    settled()
    assert said() == [("3 news, the last of A-1", "A-1")]


def test_the_log_says_where_a_message_went(news: World) -> None:
    tell(news, "A-1")
    row, closes_at = Delivery.objects.get(), Digest.objects.get().closes_at
    waiting = delivery_views([row])[0].why
    an_hour_passes()
    close_due()
    gone = delivery_views([row])[0].why

    assert waiting[-1] == f"It goes out by {closes_at:%Y-%m-%d %H:%M} UTC."
    assert gone[-1] == f"It went out with notification {made().pk}."


def test_old_ones_are_forgotten(news: World) -> None:
    tell(news, "A-1")
    an_hour_passes()
    close_due()

    assert forget_old(now() + KEPT - HOUR) == 0
    assert forget_old(now() + KEPT + HOUR) == 1
    assert not DigestItem.objects.exists()
