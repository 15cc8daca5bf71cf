"""Where an address is: accounts are chosen by it."""

import pytest

from channels.base import Channel
from preferences.addresses.addresses import area, normalise
from preferences.facts.facts import load_points, load_points_of
from preferences.models import ContactPoint
from preferences.recipients import services
from preferences.recipients.schemas import ImportLine


@pytest.mark.parametrize(
    ("channel", "address", "expected"),
    [
        (Channel.SMS, "+43 664 1234567", "AT"),
        (Channel.SMS, "+1 416 967 1111", "CA"),
        (Channel.SMS, "+1 415 967 1111", "US"),
        (Channel.SMS, "+883 5100 0123 4567", ""),  # a network, no country
        (Channel.SMS, "+800 1234 5678", ""),
        (Channel.EMAIL, "ada@Example.COM", "example.com"),
        (Channel.EMAIL, f"ada@{'a' * 60}.example.com", ""),  # longer than its column
        (Channel.PUSH, "f" * 64, ""),
    ],
)
def test_an_address_is_somewhere(channel: Channel, address: str, expected: str) -> None:
    assert area(channel, normalise(channel, address)) == expected


@pytest.mark.django_db
def test_the_area_is_stored_with_the_address_and_loaded_with_it() -> None:
    line = ImportLine(external_id="ada", phone="+43 664 1234567", email="ada@example.com")
    services.recipients_upsert_bulk([line])

    points = load_points({row.pk for row in ContactPoint.objects.all()})

    assert {p.area for p in points.values()} == {"AT", "example.com"}
    person = next(iter(points.values())).recipient_id
    [number] = load_points_of([person], [Channel.SMS])[person, Channel.SMS]
    assert number.area == "AT"
