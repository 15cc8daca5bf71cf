import socket
import time
from collections.abc import Iterator

import pytest

from notifications.dispatch import dispatch
from notifyproj.core.servers import broker
from notifyproj.core.servers.broker import BrokerAway, ask

URL = "CELERY_BROKER_WRITE_URL"
SOON = 0.5  # seconds; Celery's own connections try for four


@pytest.fixture(autouse=True)
def no_memory() -> Iterator[None]:
    broker.forget()
    yield
    broker.forget()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        monkeypatch.setenv(URL, f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv(URL, f"redis://127.0.0.1:{server.getsockname()[1]}/0")


@pytest.mark.parametrize("away", ["silent", "stopped"])
def test_publishing_to_a_broker_that_is_away_gives_up_soon(
    away: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(away)
    started = time.monotonic()

    assert not dispatch.publish_resolve("0", 1, 0)

    assert time.monotonic() - started < SOON


def test_a_broker_that_failed_is_left_alone_for_a_while(silent: None) -> None:
    dispatch.publish_resolve("0", 1, 0)
    started = time.monotonic()

    with pytest.raises(BrokerAway):
        ask(lambda connection: connection.default_channel)
    assert time.monotonic() - started < broker.TIMEOUT / 2


def test_a_broker_that_is_back_is_used_again(silent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatch.publish_resolve("0", 1, 0)
    monkeypatch.delenv(URL)
    broker.forget()

    assert ask(lambda connection: connection.default_channel)
