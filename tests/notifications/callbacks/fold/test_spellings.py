"""What providers tell of an address in another spelling than the one that is stored."""

from datetime import timedelta

import pytest

from channels.base import Event, EventKind
from notifications.callbacks.fold import effects
from notifications.callbacks.fold.parse import told_of
from notifications.record import dead_addresses
from notifyproj.core.clock import now
from notifyproj.core.encryption import lookup_hash
from preferences.addresses import addresses
from preferences.facts.facts import load_points
from preferences.models import Recipient, Suppression
from tests.notifications.callbacks.conftest import Sms
from tests.world import contact_point


@pytest.fixture
def jane(sms: Sms) -> Recipient:
    key = addresses.new_data_key("jane")
    return Recipient.objects.create(external_id="jane", data_key=key)


def stored(person: Recipient, channel: str, address: str) -> int:
    """As it was before addresses had one form: hashed as it was written."""
    point = contact_point(person, channel, address)
    point.address_hash, point.hash_version = lookup_hash(channel, address), 1
    point.save(update_fields=["address_hash", "hash_version"])
    return int(point.pk)


def tell(sms: Sms, kind: EventKind, channel: str, address: str, text: str = "") -> None:
    event = Event(f"{kind}:{address}:{text}", kind, None, address=address, text=text)
    told = told_of(event, received_at=now(), account_id=sms.account.pk, channel=channel)
    effects.apply([told], {})
    dead_addresses.fold(now() + timedelta(minutes=1))


def is_suppressed(point_id: int) -> bool:
    return load_points([point_id])[point_id].suppressed


@pytest.mark.parametrize(
    ("address", "bounced"),
    [
        ("sg-upper@example.com", "SG-Upper@Example.com"),
        ("SG-Upper@example.com", "sg-upper@example.com"),
        ("maria@xn--mller-kva.example", "Maria@Müller.example"),
    ],
)
@pytest.mark.parametrize("kind", [EventKind.BOUNCED_HARD, EventKind.COMPLAINED])
def test_a_bounce_in_another_spelling_suppresses_the_address(
    sms: Sms, jane: Recipient, kind: EventKind, address: str, bounced: str
) -> None:
    point = contact_point(jane, "email", address)

    tell(sms, kind, "email", bounced)

    assert is_suppressed(point.pk)


@pytest.mark.parametrize("kind", [EventKind.BOUNCED_HARD, EventKind.COMPLAINED])
def test_a_bounce_reaches_an_address_that_is_not_hashed_anew_yet(
    sms: Sms, jane: Recipient, kind: EventKind
) -> None:
    point = stored(jane, "email", "SG-Upper@example.com")

    tell(sms, kind, "email", "SG-Upper@Example.com")

    assert is_suppressed(point)
    assert set(Suppression.objects.values_list("hash_version", flat=True)) == {1, 2}


def test_a_stop_reaches_a_number_that_was_kept_with_its_trunk_zero(
    sms: Sms, jane: Recipient
) -> None:
    point = stored(jane, "sms", "+4407700900456")

    tell(sms, EventKind.INBOUND, "sms", "+447700900456", "STOP")
    held = is_suppressed(point)
    tell(sms, EventKind.INBOUND, "sms", "+447700900456", "START")

    assert held
    assert not is_suppressed(point)


def test_a_stop_from_a_name_that_is_no_number_suppresses_nothing(sms: Sms) -> None:
    tell(sms, EventKind.INBOUND, "sms", "AMAZON", "STOP")

    assert not Suppression.objects.exists()
