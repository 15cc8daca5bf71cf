from datetime import time

import pytest

from notifyproj.core import clock
from notifyproj.core.api.errors import InvalidFields
from preferences.addresses import addresses
from preferences.consent.choices import About, Choice, Proof, choice_set, choices_set
from preferences.consent.pauses import Quiet, quiet_set
from preferences.consent.suppress_address import suppression_add, suppression_remove
from preferences.models import (
    ConsentEvent,
    NotificationType,
    Preference,
    QuietHours,
    Recipient,
    Suppression,
)
from preferences.recipients import services
from preferences.recipients.schemas import ImportLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria() -> Recipient:
    services.recipients_upsert_bulk([ImportLine(external_id="maria")])
    return Recipient.objects.get()


@pytest.fixture
def proof() -> Proof:
    return Proof("api", clock.now(), {"service": "shop"})


def actions() -> list[str]:
    return list(ConsentEvent.objects.order_by("pk").values_list("action", flat=True))


def test_a_choice_made_twice_is_one_choice_and_one_proof(maria: Recipient, proof: Proof) -> None:
    news = NotificationType.objects.create(slug="news", name="News", channels=["email"])
    for enabled in (False, True, True):
        choice_set(
            recipient_id=maria.pk, type_id=news.pk, channel="email", enabled=enabled, proof=proof
        )
    assert Preference.objects.get().enabled is True
    assert actions() == ["withdrawn", "granted"]


def test_a_choice_for_everything_made_twice_is_one_choice(maria: Recipient, proof: Proof) -> None:
    for enabled in (False, True):
        choice_set(recipient_id=maria.pk, channel="", enabled=enabled, proof=proof)
    assert Preference.objects.get().enabled is True


def test_a_choice_taken_back_leaves_nothing_but_its_proof(maria: Recipient, proof: Proof) -> None:
    for enabled in (False, None, None):
        choice_set(recipient_id=maria.pk, channel="sms", enabled=enabled, proof=proof)
    assert not Preference.objects.exists()
    assert actions() == ["withdrawn", "cleared"]


def test_of_two_choices_at_once_about_the_same_the_last_counts(
    maria: Recipient, proof: Proof
) -> None:
    about = About(maria.pk, channel="sms")
    choices_set([Choice(about, False, proof), Choice(about, True, proof)])
    assert Preference.objects.get().enabled is True
    assert actions() == ["granted"]


def test_quiet_hours_are_replaced(maria: Recipient, proof: Proof) -> None:
    for hour in (22, 23, 23):
        quiet_set([Quiet(maria.pk, (time(hour), time(7)), proof)])
    assert QuietHours.objects.get().start == time(23)
    assert actions() == ["changed", "changed"]


def test_the_first_reason_of_a_suppression_stays() -> None:
    for reason in ("complained", "bounced"):
        suppression_add(channel="email", address="A@Example.com", reason=reason, source="api")
    assert Suppression.objects.get().reason == "complained"
    assert actions() == ["withdrawn"]


def test_a_suppression_is_found_by_the_address_as_it_is_stored() -> None:
    suppression_add(channel="sms", address="+43 664 123456", reason="stop", source="api")
    hash_ = addresses.hash_of("sms", "+43664123456")
    assert bytes(Suppression.objects.get().address_hash) == hash_


def test_a_suppression_is_lifted_with_a_proof_that_says_what_it_was() -> None:
    suppression_add(channel="sms", address="+43664123456", reason="stop", source="api")
    assert suppression_remove(channel="sms", address="+43664123456", reason="asked", source="api")
    assert not Suppression.objects.exists()
    last = ConsentEvent.objects.latest("pk")
    assert (last.action, last.evidence["was"]) == ("granted", ["stop", "api"])


@pytest.mark.parametrize(
    ("channel", "address", "field"),
    [("pigeon", "loft 3", "channel"), ("sms", "0664", "address")],
)
def test_a_suppression_of_what_is_no_address_is_refused(
    channel: str, address: str, field: str
) -> None:
    with pytest.raises(InvalidFields) as refusal:
        suppression_add(channel=channel, address=address, reason="x", source="api")
    assert list(refusal.value.fields) == [field]
