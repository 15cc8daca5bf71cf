"""The platform's real processes against providers that fail; each test leaves figures behind.

`make reliability` runs them at full size, for docs/reliability.md; pytest alone runs them small.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from notifyproj.core.api.keys import api_key_create
from notifyproj.launch.servers.valkey import free_port

pytest.register_assert_rewrite("tests.reliability.blast", "tests.survival.running")
from tests.reliability.people import settle_people  # noqa: E402 - asserts
from tests.reliability.providers import Providers  # noqa: E402
from tests.reliability.urgent import Codes  # noqa: E402
from tests.survival.running import NAMES, Platform, poll  # noqa: E402
from tests.world import World, apns_account, make_world  # noqa: E402

FULL = os.environ.get("RELIABILITY") == "full"
SECONDS = 600 if FULL else 240  # of one test
ACCOUNTS_SEEN = 1.2  # seconds: the processes look at the accounts every one
Figures = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Scale:
    people: int
    outage: float  # seconds


SCALE = Scale(100_000, 60.0) if FULL else Scale(10_000, 12.0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="notify-reliability-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Not pytest-django's, which takes back what a test wrote: the processes have to see it."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        yield
        connection.close()


@pytest.fixture(scope="session")
def providers(folder: Path) -> Iterator[Providers]:
    made = Providers(folder)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def world(database: None, providers: Providers) -> World:
    """One app with two accounts, and everybody with a device and a number."""
    made = make_world(providers.url("a"))
    apns_account("apns-b", made.app, providers.url("b"))
    settle_people(made, SCALE.people)
    return made


@pytest.fixture(scope="session")
def platform(folder: Path, world: World, request: pytest.FixtureRequest) -> Iterator[Platform]:
    given = {**os.environ, "DEBUG": "0", "SANDBOX": "1", "BULK_CHILDREN": "2"}
    made = Platform(folder / "var", given, free_port(), (*NAMES, "outbound"))
    try:
        made.start()
        yield made
    finally:
        made.stop()
        if request.session.testsfailed:
            sys.stderr.write(made.logs())


@pytest.fixture
def whole(platform: Platform, providers: Providers) -> Platform:
    """A platform and providers that work; breakers and rates as new."""
    poll(platform.is_up, 30, "the platform is up")
    providers.behave("a", "b")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM account_health_delta")
        cursor.execute(
            "UPDATE provider_account SET breaker = 'closed', breaker_until = NULL,"
            " breaker_trips = 0, rate_now = NULL, held_at = NULL"
        )
    return platform


@pytest.fixture
def sms(whole: Platform, providers: Providers) -> Iterator[Callable[..., None]]:
    """Makes accounts for text messages, there for one test only."""

    def make(*slugs: str) -> None:
        for slug in slugs:
            account_upsert(
                slug=slug,
                channel="sms",
                kind="twilio",
                endpoint=providers.url(slug),
                credentials={"account_sid": "AC1", "auth_token": "x"},
                settings={"from": "+14155550199", "callback_url": f"https://x.example/{slug}"},
            )
            providers.behave(slug)
        time.sleep(ACCOUNTS_SEEN)

    yield make
    ProviderAccount.objects.filter(channel="sms").delete()


@pytest.fixture
def codes(whole: Platform, world: World, providers: Providers) -> Codes:
    """Five urgent messages a second, for as long as a test wants."""
    key = api_key_create(service=world.service, scopes=["send"])[1]
    return Codes(whole.ports.web, key, world, providers)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Note down what was measured, under the test's name."""
    file = os.environ.get("RELIABILITY_FILE")

    def note(**values: object) -> None:
        name = request.node.name.removeprefix("test_").replace("_", " ")
        sys.stderr.write(f"\n{name}: {values}\n")
        if file:
            with Path(file).open("a") as out:
                out.write(json.dumps({"name": name, **values}) + "\n")

    return note
