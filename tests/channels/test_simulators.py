"""Adapters and transport, against simulators that check what the real providers check."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import (
    Account,
    Channel,
    Envelope,
    EventKind,
    HttpRequest,
    InboxWrite,
    OutcomeKind,
    SmtpSend,
)
from channels.compose import compose
from channels.protocols import WithReceipts, WithRepeat
from channels.registry import adapter, kinds
from channels.sandbox.simulators import simulators
from tests.channels.conftest import Send
from tests.channels.samples import DELIVERY, message
from tests.channels.sandbox.conftest import Sandbox, received
from tests.channels.sandbox.conftest import sandbox as sandbox  # a fixture
from tests.channels.sandbox.listener import Listener
from tests.channels.sandbox.listener import listener as listener  # a fixture

pytestmark = pytest.mark.django_db

# Those of the others are reached at URLs that people give.
CHANNELS = (Channel.PUSH, Channel.SMS, Channel.EMAIL)
KINDS = [kind for kind in kinds() if adapter(kind).CHANNEL in CHANNELS]
WITH_RECEIPTS = [kind for kind in KINDS if isinstance(adapter(kind), WithReceipts)]
PARTS = {"title": "Order shipped", "body": "It is on its way 📦", "link": "https://x.example/o/1"}
PARTS |= {"subtitle": "Order 7", "ios_interruption_level": "time-sensitive"}
PARTS |= {"android_visibility": "private", "android_notification_priority": "high"}
PARTS |= {"android_color": "#a1b2c3", "android_channel_id": "orders", "android_sticky": "no"}
PARTS |= {"subject": "Ihre Bestellung in Größe M", "html": "<p>On its way</p>", "badge": "2"}
WAITING = {OutcomeKind.RETRY, OutcomeKind.THROTTLED}


@pytest.mark.parametrize("kind", KINDS)
def test_a_simulator_accepts_what_the_adapter_sends(
    sandbox: Sandbox, send: Send, kind: str
) -> None:
    account = _account(sandbox, kind)
    outcome, _ = send(account, adapter(kind), _request(account))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert received(account)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("throttle", WAITING),
        ("error", {OutcomeKind.RETRY}),
        ("html", {OutcomeKind.RETRY}),
        ("dead_token", {OutcomeKind.BAD_RECIPIENT}),
        ("bad_auth", {OutcomeKind.MISCONFIGURED}),
        ("hang", {OutcomeKind.UNCERTAIN}),
        ("reset", {OutcomeKind.UNCERTAIN}),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_understood(
    sandbox: Sandbox, send: Send, kind: str, fault: str, expected: set[OutcomeKind]
) -> None:
    if (kind, fault) == ("smtp", "html"):
        pytest.skip("mail servers speak no HTML")
    if kind != "smtp" and fault in simulators()[kind].told_later:
        expected = {OutcomeKind.ACCEPTED}
    if isinstance(adapter(kind), WithRepeat) and OutcomeKind.UNCERTAIN in expected:
        expected = {OutcomeKind.RETRY}
    account = _account(sandbox, kind)
    sandbox.fault(account, fault)
    outcome, _ = send(account, adapter(kind), replace(_request(account), timeout=1.0))
    assert outcome.kind in expected


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if isinstance(adapter(kind), WithReceipts)]
)
def test_a_receipt_is_believed_and_names_its_delivery(
    sandbox: Sandbox, send: Send, listener: Listener, kind: str
) -> None:
    account = sandbox.account(kind, callback_url=listener.url)
    outcome, _ = send(account, adapter(kind), _request(account))
    event = listener.events(account, EventKind.DELIVERED)[-1]
    assert (event.delivery_id, event.attempt) == (DELIVERY, 1)
    assert event.provider_id == outcome.provider_id


def _account(sandbox: Sandbox, kind: str) -> Account:
    account = sandbox.account(kind)
    if kind == "smtp":
        return replace(account, endpoint=f"smtp://127.0.0.1:{sandbox.smtp_port}")
    return account


def _request(account: Account) -> HttpRequest | SmtpSend:
    now = datetime.now(UTC)
    envelope = Envelope(
        str(DELIVERY), 1, message(account.kind).envelope.address, now + timedelta(hours=1)
    )
    composed = compose(Channel(account.channel), envelope, PARTS)
    request = adapter(account.kind).build(composed, account, now)
    assert not isinstance(request, InboxWrite)
    return request
