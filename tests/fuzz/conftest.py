"""The real `web` process on real servers, asked whatever a generator thinks of.

`make fuzz` runs all of it for ten minutes, which the tests share; `make fuzz MINUTES=60 SEED=7` for
an hour, with other inputs. Not part of `.ci/run`.
"""

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
from notifyproj.core.models import Scope
from notifyproj.launch.servers.valkey import free_port
from tests.conftest import FOLDER
from tests.fuzz.web import Web
from tests.survival.running import Platform
from tests.survival.servers import Servers
from tests.world import World, make_world

MINUTES = float(os.environ.get("FUZZ_MINUTES", "10"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
NAMES = ("web", "bulk", "background", "periodic", "beat")
NOWHERE = "http://127.0.0.1:9"  # nothing listens at the provider's
START = 240  # seconds beside its share that a test may take: processes start, a last answer comes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(MINUTES * 60 + START))


@pytest.fixture
def seconds(request: pytest.FixtureRequest) -> float:
    """What a test may take: 1, or the number of its mark `share`, of what all have together."""
    timed = [test for test in request.session.items if takes_time(test)]
    return MINUTES * 60 * _share(request.node) / sum(map(_share, timed))


def takes_time(test: pytest.Item) -> bool:
    """Others are soon done."""
    return "seconds" in getattr(test, "fixturenames", ())


def _share(test: pytest.Item) -> float:
    mark = test.get_closest_marker("share")
    return float(mark.args[0]) if mark else 1.0


@pytest.fixture(scope="session")
def seed() -> int:
    return SEED


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="notify-fuzz-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def world(django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Committed: the processes have to see it."""
    servers = Servers(Path(os.environ[FOLDER]), os.environ["REDIS_URL"])
    servers.start()
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        made = make_world(NOWHERE)
        made.person("ada", token="ab" * 32)
        yield made
        connection.close()
    servers.stop()


@pytest.fixture(scope="session")
def web(folder: Path, world: World, request: pytest.FixtureRequest) -> Iterator[Web]:
    given = {**os.environ, "DEBUG": "0", "SANDBOX": "0", "API_RATE_LIMIT": "100000"}
    platform = Platform(folder / "var", given, free_port(), NAMES)
    _, key = api_key_create(service=world.service, scopes=[scope.value for scope in Scope])
    try:
        platform.start()
        yield Web(platform, key)
    finally:
        platform.stop()
        if request.session.testsfailed:
            sys.stderr.write(platform.logs())
