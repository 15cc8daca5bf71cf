"""Adapters and transport, against look-alikes that check what the real providers check."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import (
    Account,
    Channel,
    Envelope,
    HttpRequest,
    InboxWrite,
    OutcomeKind,
    SmtpSend,
)
from channels.compose import compose
from channels.registry import adapter
from tests.channels.conftest import Send
from tests.channels.samples import DELIVERY
from tests.channels.sandbox.conftest import Sandbox, received
from tests.channels.sandbox.conftest import sandbox as sandbox  # a fixture

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "apns": "ab" * 32,
    "fcm": "fcm-token-of-ada:" + "A" * 120,
    "twilio": "+15558675310",
    "sns": "+15558675310",
    "sns_push": "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/shop/5f2c-11",
    "smtp": "ada@example.org",
    "sendgrid": "ada@example.org",
    "ses": "ada@example.org",
    "mailgun": "ada@example.org",
}
PARTS = {"title": "Order shipped", "body": "It is on its way 📦", "link": "https://x.example/o/1"}
PARTS |= {"subtitle": "Order 7", "ios_interruption_level": "time-sensitive"}
PARTS |= {"android_visibility": "private", "android_notification_priority": "high"}
PARTS |= {"android_color": "#a1b2c3", "android_channel_id": "orders", "android_sticky": "no"}
PARTS |= {"subject": "Ihre Bestellung in Größe M", "html": "<p>On its way</p>", "badge": "2"}
TOLD_LATER = {"sendgrid", "ses", "mailgun"}  # they take all mail, and bounce it by a callback
WAITING = {OutcomeKind.RETRY, OutcomeKind.THROTTLED}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_look_alike_accepts_what_the_adapter_sends(
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
@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_fault_is_understood(
    sandbox: Sandbox, send: Send, kind: str, fault: str, expected: set[OutcomeKind]
) -> None:
    if (kind, fault) == ("smtp", "html"):
        pytest.skip("mail servers speak no HTML")
    if kind in TOLD_LATER and fault == "dead_token":
        expected = {OutcomeKind.ACCEPTED}
    account = _account(sandbox, kind)
    sandbox.fault(account, fault)
    outcome, _ = send(account, adapter(kind), replace(_request(account), timeout=1.0))
    assert outcome.kind in expected


def _account(sandbox: Sandbox, kind: str) -> Account:
    account = sandbox.account(kind)
    if kind == "smtp":
        return replace(account, endpoint=f"smtp://127.0.0.1:{sandbox.smtp_port}")
    return account


def _request(account: Account) -> HttpRequest | SmtpSend:
    now = datetime.now(UTC)
    envelope = Envelope(str(DELIVERY), 1, ADDRESSES[account.kind], now + timedelta(hours=1))
    message = compose(Channel(account.channel), envelope, PARTS)
    request = adapter(account.kind).build(message, account, now)
    assert not isinstance(request, InboxWrite)
    return request
