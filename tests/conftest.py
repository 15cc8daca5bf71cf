"""A fresh Postgres and Valkey for every test run, thrown away after it.

Started while this file is imported, since pytest-django reads the settings right after. With
pytest-xdist the workers share one pair: a database each, and a Redis database each.
`TEST_DATABASE_URL` and `TEST_REDIS_URL` name servers to use instead.
"""

import atexit
import base64
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from notifyproj.launch.servers.postgres import Postgres
from notifyproj.launch.servers.valkey import Valkey
from notifyproj.launch.system.problems import LaunchProblem

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A busy machine is no fault of what is tested: `--timeout` bounds a test. A commit passes or fails
# by what it holds, so its examples are always the same; `make fuzz` looks for new ones.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", PATIENT, derandomize=True)
settings.register_profile("searching", PATIENT, max_examples=1000)
settings.load_profile("same")

CHROMIUM = Path("/usr/bin/chromium")
FOLDER = "NOTIFY_TEST_FOLDER"  # set for the workers of xdist: the servers are up


def _start_servers() -> None:
    folder = Path(tempfile.mkdtemp(prefix="notify-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {FOLDER: str(folder), "VAR_DIR": str(folder)}
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _start_postgres(folder)
    os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or _start_valkey(folder)
    os.environ.pop("CELERY_BROKER_URL", None)


def _start_postgres(folder: Path) -> str:
    postgres = Postgres(folder / "postgres", folder / "log" / "postgres.log", passing=True)
    atexit.register(postgres.stop)
    postgres.start()
    return postgres.url()


def _start_valkey(folder: Path) -> str:
    valkey = Valkey(folder / "valkey", folder / "log" / "valkey.log")
    atexit.register(valkey.stop)
    valkey.start()
    return valkey.url()


def _set_secrets() -> None:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    os.environ |= {
        "DEBUG": "1",
        "SANDBOX": "1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": f"1:{key}",
        "LOOKUP_HASH_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _own_redis_database(worker: str) -> None:
    """`gw0` takes database 1, `gw1` database 2: what one test stores is not another's."""
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(worker.removeprefix('gw')) + 1}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Before the workers start: they are to read the settings after this file, like us, or they
    would have our Redis database."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


if FOLDER not in os.environ:
    try:
        _start_servers()
    except LaunchProblem as problem:
        pytest.exit(str(problem), returncode=1)
    _set_secrets()
if "PYTEST_XDIST_WORKER" in os.environ:
    _own_redis_database(os.environ["PYTEST_XDIST_WORKER"])
os.environ["DJANGO_SETTINGS_MODULE"] = "notifyproj.settings"

import django  # noqa: E402 - the settings need what is set above

django.setup()
import notifyproj.urls  # noqa: E402, F401 - which routes there are, before a test changes SANDBOX


@pytest.fixture(scope="session")
def site(django_db_setup: None) -> Iterator[str]:
    """The platform's pages, served by a process of its own from the test's database."""
    from notifyproj.launch.servers.valkey import free_port
    from tests.channels.inbox.live_process import running

    port = free_port()
    with running("notifyproj.web", port, BRAND_NAME="Shop", BRAND_ACCENT="#e07a00"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Of a module, not of the session: while it is there, nothing can start a loop of its own."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # Playwright keeps a loop running in this thread, where Django would refuse its ORM.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
