"""What people want can be worked out from the record of consent, and a command says whether it is
what is stored."""

from collections.abc import Callable
from contextlib import suppress
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from notifyproj.core.clock import now
from preferences.addresses import addresses
from preferences.consent import withdrawals
from preferences.consent.choices import Proof, choice_set
from preferences.consent.suppress_address import suppression_add
from preferences.consent.withdrawals import Stopped, Unsubscribed
from preferences.models import (
    Category,
    ConsentEvent,
    NotificationType,
    Preference,
    Recipient,
    Suppression,
)
from preferences.recipients import services
from preferences.recipients.schemas import ImportLine

pytestmark = pytest.mark.django_db

NUMBER = "+43664123456"


@pytest.fixture(autouse=True)
def ada(db: None) -> Recipient:
    services.recipients_upsert_bulk([ImportLine(external_id="ada", phone=NUMBER)])
    return Recipient.objects.get()


@pytest.fixture
def offers(db: None) -> Category:
    return Category.objects.create(slug="offers", name="Offers")


@pytest.fixture
def weekly(offers: Category) -> NotificationType:
    return NotificationType.objects.create(
        slug="weekly", name="Weekly", channels=["sms"], category=offers
    )


def checked() -> list[str]:
    """What the command prints when there is a difference; [] when there is none."""
    out = StringIO()
    with suppress(CommandError):
        call_command("check_consent", stdout=out)
        return []
    return out.getvalue().splitlines()


def word() -> withdrawals.Statement:
    return withdrawals.Statement("sms", addresses.hash_of("sms", NUMBER), now())


def choose(ada: Recipient, enabled: bool | None, **about: int) -> None:
    proof = Proof("api", now())
    choice_set(recipient_id=ada.pk, channel="sms", enabled=enabled, proof=proof, **about)


def test_what_was_chosen_and_taken_back_in_every_way_agrees_with_its_record(
    ada: Recipient, offers: Category, weekly: NotificationType
) -> None:
    for enabled in (False, True, None, True):
        choose(ada, enabled)
    choose(ada, False, type_id=weekly.pk)
    choose(ada, False, category_id=offers.pk)
    choose(ada, None, category_id=offers.pk)
    withdrawals.unsubscribe([Unsubscribed(word(), None)])
    withdrawals.resubscribe(word(), None)
    withdrawals.stop([Stopped(word(), "STOP")])
    assert checked() == []
    assert Preference.objects.count() == 2


def test_a_provider_late_to_tell_of_something_is_the_last_all_the_same(ada: Recipient) -> None:
    choose(ada, True)
    late = withdrawals.Statement("sms", word().address_hash, now().replace(year=2020))
    withdrawals.unsubscribe([Unsubscribed(late, ada.pk)])
    assert not Preference.objects.get().enabled
    assert checked() == []


def test_what_is_removed_takes_its_choices_with_it(
    ada: Recipient, weekly: NotificationType
) -> None:
    choose(ada, False, type_id=weekly.pk)
    weekly.delete()
    assert not Preference.objects.exists()
    assert checked() == []


def test_what_people_chose_outlives_their_erasure_and_so_does_the_proof(ada: Recipient) -> None:
    choose(ada, False)
    services.recipient_erase(external_id="ada")
    assert checked() == []


def unproven(ada: Recipient, weekly: NotificationType) -> None:
    Preference.objects.create(recipient=ada, type=weekly, channel="sms", enabled=True)


def turned(ada: Recipient, weekly: NotificationType) -> None:
    choose(ada, True)
    Preference.objects.update(enabled=False)


def lost(ada: Recipient, weekly: NotificationType) -> None:
    choose(ada, False)
    Preference.objects.all().delete()


@pytest.mark.parametrize(
    ("happened", "line"),
    [
        (unproven, "ada: type weekly by sms: the record says nothing, stored is yes"),
        (turned, "ada: everything by sms: the record says yes, stored is no"),
        (lost, "ada: everything by sms: the record says no, stored is nothing"),
    ],
)
def test_what_was_written_without_a_proof_is_found(
    ada: Recipient,
    weekly: NotificationType,
    happened: Callable[[Recipient, NotificationType], None],
    line: str,
) -> None:
    happened(ada, weekly)
    assert checked() == [line]


def test_an_address_that_was_taken_back_and_is_no_longer_suppressed_is_found() -> None:
    withdrawals.stop([Stopped(word(), "STOP")])
    assert checked() == []
    Suppression.objects.all().delete()
    assert checked() == [f"sms {word().address_hash[:8].hex()}…: taken back"]


def test_an_operator_who_deletes_suppressions_is_named_in_the_record() -> None:
    suppression_add(channel="sms", address=NUMBER, reason="asked", source="api")
    row = Suppression.objects.get()
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    client.post(
        reverse("admin:preferences_suppression_changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    assert not Suppression.objects.exists()
    event = ConsentEvent.objects.latest("pk")
    assert (event.action, event.source, event.evidence["by"]) == ("granted", "admin", "maria")
    assert checked() == []
