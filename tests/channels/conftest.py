import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.base import Account, HttpRequest, Outcome, SmtpSend
from channels.models import ProviderAccount
from channels.protocols import Adapter
from channels.transport.loop import Result, Transport
from tests.channels.account_page import STORED
from tests.channels.peers import Authority, make_authority

Send = Callable[..., tuple[Outcome, Result]]


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport()
    yield made
    made.stop()


@pytest.fixture
def send(transport: Transport) -> Send:
    """Send one request and wait for its result."""

    def one(
        account: Account, adapter: Adapter, request: HttpRequest | SmtpSend, within: float = 8.0
    ) -> tuple[Outcome, Result]:
        results: queue.Queue[tuple[Any, Outcome, Result]] = queue.Queue()
        job = ("key", account, adapter, request, time.monotonic() + within)
        transport.submit([job], lambda *result: results.put(result))
        key, outcome, result = results.get(timeout=10)
        assert key == "key"
        return outcome, result

    return one


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    return client


@pytest.fixture
def texts(db: None) -> ProviderAccount:
    routes.forget()
    return account_upsert(
        slug="texts",
        channel="sms",
        kind="twilio",
        credentials=STORED,
        settings={"from": "+15005550006"},
    )
