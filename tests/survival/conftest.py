"""The platform's real processes on real servers, shared by all tests here, and killed by each."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from notifyproj.core.api.keys import api_key_create
from notifyproj.launch.servers.valkey import free_port
from tests.conftest import FOLDER

pytest.register_assert_rewrite("tests.survival.blast", "tests.survival.running")
from tests.survival.blast import Blast, settle_people  # noqa: E402 - asserts
from tests.survival.client import Client  # noqa: E402
from tests.survival.provider import StandIn  # noqa: E402
from tests.survival.running import Platform, poll  # noqa: E402
from tests.survival.servers import Servers  # noqa: E402
from tests.world import World, make_world  # noqa: E402

DELAY = 0.03  # seconds the provider takes for an answer
SECONDS = 180  # of one test: a lease, a blast, and a slow machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="notify-survival-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    made = Servers(Path(os.environ[FOLDER]), os.environ["REDIS_URL"])
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def database(servers: Servers, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Not pytest-django's, which takes back what a test wrote: the processes have to see it."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        yield
        connection.close()


@pytest.fixture(scope="session")
def provider(folder: Path) -> Iterator[StandIn]:
    made = StandIn(folder)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def world(database: None, provider: StandIn) -> World:
    made = make_world(provider.url)
    settle_people(made)
    return made


@pytest.fixture(scope="session")
def platform(
    folder: Path, servers: Servers, world: World, request: pytest.FixtureRequest
) -> Iterator[Platform]:
    given = {**os.environ, "DEBUG": "0", "SANDBOX": "0", "BULK_CHILDREN": "2"}
    given["PROVIDER_HOSTS"] = "127.0.0.1,localhost"
    made = Platform(folder / "var", given, free_port())
    try:
        made.start()
        yield made
    finally:
        made.stop()
        if request.session.testsfailed:
            sys.stderr.write(made.logs())


@pytest.fixture(scope="session")
def client(world: World, platform: Platform) -> Client:
    key = api_key_create(service=world.service, scopes=["send"])[1]
    return Client(platform.ports.web, key)


@pytest.fixture(scope="session")
def usual(platform: Platform, world: World, provider: StandIn) -> float:
    """Seconds a blast takes when nothing happens to it."""
    provider.delay(DELAY)
    untroubled = Blast(world, provider, usual=60.0)
    untroubled.check()
    assert not untroubled.repeated()
    return untroubled.seconds


@pytest.fixture
def blast(platform: Platform, world: World, provider: StandIn, usual: float) -> Blast:
    """One that has just begun, on a platform that is whole."""
    poll(platform.is_up, 30, "the platform is up again")
    return Blast(world, provider, usual)
