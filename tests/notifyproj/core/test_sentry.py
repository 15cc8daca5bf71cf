import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from notifyproj.core import sentry


class Kept(Transport):
    """Keeps what would have left."""

    def __init__(self) -> None:
        super().__init__({})
        self.events: list[Any] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.events.append(envelope.get_event())


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    sentry.start("https://key@sentry.example/1", transport=transport)
    yield transport
    sentry_sdk.init()


def test_an_error_goes_to_sentry_without_its_local_variables(kept: Kept) -> None:
    def fail() -> None:
        address = "ada" + "@example.com"
        raise RuntimeError(f"no letter for {len(address)}")

    try:
        fail()
    except RuntimeError:
        logging.getLogger("test").exception("it failed")
    sentry_sdk.flush()

    values = [event["exception"]["values"][0] for event in kept.events]
    assert [value["type"] for value in values] == ["RuntimeError"]
    assert "ada@example.com" not in repr(kept.events)
