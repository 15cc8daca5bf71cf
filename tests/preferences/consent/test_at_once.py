"""Two writers at the same instant, each with a connection of its own."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from channels.models import App
from notifyproj.core import clock
from preferences.consent import verify, withdrawals
from preferences.consent.choices import Proof, choice_set
from preferences.consent.schemas import PreferenceChanges, load_names, understand
from preferences.consent.write import Wanted, preferences_set_bulk
from preferences.models import ConsentEvent, ContactPoint, Recipient
from preferences.recipients import services
from preferences.recipients.schemas import Device, ImportLine, Profile
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


def test_choices_made_by_several_at_once_agree_with_their_record(people: list[str]) -> None:
    """Partial writes, a whole one, a provider's word and a person's own, on the same people."""
    names, ids = load_names(), list(Recipient.objects.values_list("pk", flat=True))

    def write(replace: bool, **body: Any) -> Callable[[], object]:
        said = understand(PreferenceChanges(**body), names, "api", "shop", clock.now())
        rows = [Wanted(name, said, replace) for name in people]
        return lambda: preferences_set_bulk(rows)

    def choose() -> object:
        word = withdrawals.Statement("sms", b"h" * 32, clock.now())
        with transaction.atomic():
            withdrawals.unsubscribe([withdrawals.Unsubscribed(word, ids[0])])
        proof = Proof("page", clock.now())
        return choice_set(recipient_id=ids[1], channel="sms", enabled=True, proof=proof)

    for n in range(ROUNDS):
        at_once(
            write(False, channels={"sms": n % 2 == 0, "email": False}),
            write(False, channels={"sms": None, "push": n % 3 == 0}),
            write(True, channels={"email": True}),
            choose,
        )
        assert list(map(str, verify.differences())) == []
    assert ConsentEvent.objects.count() > ROUNDS
