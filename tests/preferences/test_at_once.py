"""Two writers at the same instant, each with a connection of its own."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from channels.models import App
from preferences import services
from preferences.models import ContactPoint, Recipient
from preferences.profiles import Device, ImportLine, Profile
from tests.preferences.opening import opened

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 20
TOKEN = "t" * 64


def at_once(*works: Callable[[], object]) -> None:
    """Run them in threads that start together; raises what any of them raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


@pytest.fixture
def people() -> list[str]:
    App.objects.create(slug="shop-ios", name="Shop", channel="push", platform="ios")
    names = ["a", "b", "c", "d"]
    services.recipients_upsert_bulk(ImportLine(external_id=name) for name in names)
    return names


def test_a_token_registered_by_several_at_once_is_one_row_that_opens(people: list[str]) -> None:
    device = Device(token=TOKEN, platform="ios")

    def register(name: str) -> Callable[[], object]:
        return lambda: services.device_register(external_id=name, device=device)

    for _ in range(ROUNDS):
        at_once(*map(register, people))
    assert opened(ContactPoint.objects.get()) == TOKEN


def test_a_person_created_by_several_at_once_is_one_row() -> None:
    def upsert() -> object:
        return services.recipient_upsert(
            external_id="new", profile=Profile(email="new@example.com")
        )

    at_once(upsert, upsert, upsert)
    assert Recipient.objects.count() == ContactPoint.objects.count() == 1


def test_imports_of_the_same_people_in_different_order_do_not_block_each_other() -> None:
    device = [Device(token=TOKEN, platform="ios", app="shop-ios")]
    App.objects.create(slug="shop-ios", name="Shop", channel="push", platform="ios")
    lines = [
        ImportLine(external_id=f"u{i}", email=f"u{i}@example.com", devices=device)
        for i in range(100)
    ]
    for _ in range(3):
        at_once(
            lambda: services.recipients_upsert_bulk(lines),
            lambda: services.recipients_upsert_bulk(reversed(lines)),
        )
    assert Recipient.objects.count() == 100


def test_no_address_is_left_that_an_erasure_made_unreadable(people: list[str]) -> None:
    device = Device(token=TOKEN, platform="ios")

    def register() -> None:
        with contextlib.suppress(services.NoSuchRecipient):
            services.device_register(external_id="a", device=device)

    for _ in range(ROUNDS):
        services.recipient_upsert(external_id="a", profile=Profile())
        at_once(register, lambda: services.recipient_erase(external_id="a"))
        assert not ContactPoint.objects.exists()
