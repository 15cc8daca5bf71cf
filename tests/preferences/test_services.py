from datetime import time

import pytest

from notifyproj.core.errors import InvalidFields
from preferences import addresses, services
from preferences.models import NotificationType, Preference, QuietHours, Recipient, Suppression
from preferences.profiles import ImportLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria() -> Recipient:
    services.recipients_upsert_bulk([ImportLine(external_id="maria")])
    return Recipient.objects.get()


def test_a_choice_made_twice_is_one_choice(maria: Recipient) -> None:
    news = NotificationType.objects.create(slug="news", name="News", channels=["email"])
    for enabled in (False, True):
        services.preference_set(recipient=maria, type=news, channel="email", enabled=enabled)
    assert Preference.objects.get().enabled is True


def test_a_choice_for_everything_made_twice_is_one_choice(maria: Recipient) -> None:
    for enabled in (False, True):
        services.preference_set(recipient=maria, type=None, channel="", enabled=enabled)
    assert Preference.objects.get().enabled is True


def test_a_choice_for_a_channel_that_does_not_exist_is_refused(maria: Recipient) -> None:
    with pytest.raises(InvalidFields) as refusal:
        services.preference_set(recipient=maria, type=None, channel="pigeon", enabled=False)
    assert list(refusal.value.fields) == ["channel"]


def test_quiet_hours_are_replaced(maria: Recipient) -> None:
    services.quiet_hours_set(recipient=maria, start=time(22), end=time(7))
    services.quiet_hours_set(recipient=maria, start=time(23), end=time(8))
    assert QuietHours.objects.get().start == time(23)


def test_quiet_hours_without_length_are_refused(maria: Recipient) -> None:
    with pytest.raises(InvalidFields):
        services.quiet_hours_set(recipient=maria, start=time(22), end=time(22))


def test_the_first_reason_of_a_suppression_stays() -> None:
    for reason in ("complained", "bounced"):
        services.suppression_add(channel="email", address="A@Example.com", reason=reason)
    assert Suppression.objects.get().reason == "complained"


def test_a_suppression_is_found_by_the_address_as_it_is_stored() -> None:
    services.suppression_add(channel="sms", address="+43 664 123456", reason="stop")
    hash_ = addresses.hash_of("sms", "+43664123456")
    assert bytes(Suppression.objects.get().address_hash) == hash_


def test_a_suppression_can_be_lifted() -> None:
    services.suppression_add(channel="sms", address="+43664123456", reason="stop")
    assert services.suppression_remove(channel="sms", address="+43664123456")
    assert not Suppression.objects.exists()
