"""The simulators of mail APIs: what they show, what they refuse, what they tell later."""

import json
import queue
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.aws.sns_message import confirm
from channels.base import Account, Channel, Envelope, EventKind, HttpRequest
from channels.email.mailgun.multipart import Part, multipart
from channels.messages import Attachment, EmailMessage
from channels.protocols import WithBatch
from channels.registry import adapter
from channels.sandbox.models import Received
from channels.sandbox.providers.email import letters
from channels.sandbox.simulators import simulators
from channels.transport.loop import Transport
from tests.channels.conftest import Send
from tests.channels.samples import DELIVERY
from tests.channels.sandbox.conftest import Sandbox, received
from tests.channels.sandbox.conftest import sandbox as sandbox  # a fixture
from tests.channels.sandbox.listener import Listener
from tests.channels.sandbox.listener import listener as listener  # a fixture
from tests.channels.sns import confirmation

pytestmark = pytest.mark.django_db

KINDS = [kind for kind in simulators() if adapter(kind).CHANNEL is Channel.EMAIL]
D, H, S = EventKind.DELIVERED, EventKind.BOUNCED_HARD, EventKind.BOUNCED_SOFT


def letter(address: str = "ada@example.org", **changes: Any) -> EmailMessage:
    until = datetime.now(UTC) + timedelta(hours=1)
    envelope = Envelope(str(DELIVERY), 2, address, until)
    base = EmailMessage(envelope, "Ihre Bestellung in Größe M", "Thank you", "<p>Thank you</p>")
    return replace(base, **changes)


def built(account: Account, **changes: Any) -> HttpRequest:
    request = adapter(account.kind).build(letter(**changes), account, datetime.now(UTC))
    assert isinstance(request, HttpRequest)
    return request


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_is_shown_as_its_reader_sees_it(sandbox: Sandbox, send: Send, kind: str) -> None:
    account = sandbox.account(kind)
    file = Attachment("Rechnung.pdf", "application/pdf", b"%PDF")
    link = {"List-Unsubscribe": "<https://notify.example/u/x>"}
    changes = {"reply_to": "help@example.com", "headers": link, "attachments": (file,)}
    send(account, adapter(kind), built(account, **changes))
    row = received(account)
    assert (row.recipient, row.delivery_id) == ("ada@example.org", str(DELIVERY))
    assert [row.message[name] for name in ("to", "subject", "text", "html")] == [
        *("ada@example.org", "Ihre Bestellung in Größe M", "Thank you", "<p>Thank you</p>"),
    ]
    headers = dict(row.message["headers"])
    assert headers["List-Unsubscribe"] == "<https://notify.example/u/x>"
    assert (headers["Reply-To"], headers["Attachment"]) == ("help@example.com", "Rechnung.pdf")
    assert all(check["passed"] for check in row.checks), row.checks
    assert "SG.key.secret" not in row.raw


@pytest.mark.parametrize("kind", [kind for kind in KINDS if isinstance(adapter(kind), WithBatch)])
def test_of_a_batch_each_mail_is_shown_with_its_own_words(
    sandbox: Sandbox, transport: Transport, kind: str
) -> None:
    account, now = sandbox.account(kind), datetime.now(UTC)
    mails = [
        letter(f"{name}@example.org", subject=f"{{{{{name}}}}} & Söhne", headers={"X-Of": name})
        for name in ("ada", "bob", "eve")
    ]
    spoken: Any = adapter(kind)
    jobs: list[Any] = [
        (n, account, spoken, spoken.build(one, account, now), time.monotonic() + 5)
        for n, one in enumerate(mails)
    ]
    results: queue.Queue[Any] = queue.Queue()
    request = spoken.build_batch(mails, account, now)
    transport.submit_together(jobs, request, lambda *result: results.put(result))
    assert {results.get(timeout=8)[1].kind.name for _ in jobs} == {"ACCEPTED"}
    received(account)
    rows = list(Received.objects.filter(account=account.slug).order_by("pk"))
    assert [(row.recipient, row.message["subject"]) for row in rows] == [
        (f"{name}@example.org", f"{{{{{name}}}}} & Söhne") for name in ("ada", "bob", "eve")
    ]
    assert [dict(row.message["headers"])["X-Of"] for row in rows] == ["ada", "bob", "eve"]
    assert {row.delivery_id for row in rows} == {str(DELIVERY)}
    assert "recipient-variables" not in rows[1].raw


@pytest.mark.parametrize(
    ("address", "fault", "last"),
    [
        ("ada@example.org", "", D),
        ("bounce@example.org", "", H),
        ("complaint+shop@example.org", "", EventKind.COMPLAINED),
        ("suppressionlist@example.org", "", EventKind.SUPPRESSED),
        ("ooto@example.org", "", S),
        ("ada@example.org", "dead_token", H),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_becomes_of_a_mail_is_told_in_signed_callbacks(
    sandbox: Sandbox,
    send: Send,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    address: str,
    fault: str,
    last: EventKind,
) -> None:
    monkeypatch.setattr(letters, "BEGIN", 0.01)
    monkeypatch.setattr(letters, "BETWEEN", 0.05)
    account = sandbox.account(kind, callback_url=listener.url)
    if fault:
        sandbox.fault(account, fault)
    outcome, _ = send(account, adapter(kind), built(account, envelope=letter(address).envelope))
    event = listener.events(account, last)[-1]
    assert (event.delivery_id, event.attempt) == (DELIVERY, 2)
    assert (event.address, event.provider_id) == (address, outcome.provider_id)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_is_not_told_of(sandbox: Sandbox, send: Send, kind: str) -> None:
    account = sandbox.account(kind)
    other = replace(account, credentials=dict.fromkeys(account.credentials, "wrong"))
    outcome, _ = send(account, adapter(kind), built(other))
    assert outcome.kind.name == "MISCONFIGURED"
    assert not received(account).accepted


def _changed(account: Account, **fields: Any) -> HttpRequest:
    request = built(account)
    body = {**json.loads(request.body), **fields}
    return replace(request, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"from": {"email": "other@example.com"}}, 403, "from"),
        ({"from": {"email": "größe@example.com"}}, 400, "from.email"),
        ({"personalizations": []}, 400, "personalizations"),
        ({"personalizations": [{"to": [{"email": "x"}]}]}, 400, "personalizations.0.to.0.email"),
        ({"subject": ""}, 400, "subject"),
        ({"headers": {"Received": "x"}}, 400, "headers.Received"),
        ({"content": [{"type": "text/plain", "value": ""}]}, 400, "content.0.value"),
        ({"custom_args": {"x": 5}}, 400, "personalizations.0.custom_args"),
        ({"custom_args": {"x": "y" * 10_000}}, 400, "personalizations.0.custom_args"),
        ({"headers": 7}, 400, None),
    ],
)
def test_sendgrid_names_the_field_that_is_wrong(
    sandbox: Sandbox, send: Send, fields: dict[str, Any], status: int, field: str | None
) -> None:
    account = sandbox.account("sendgrid")
    _, result = send(account, adapter("sendgrid"), _changed(account, **fields))
    assert getattr(result, "status", None) == status
    assert json.loads(getattr(result, "body", b""))["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("settings", "changes", "code"),
    [
        ({"from": "other@example.com"}, {}, "NotVerified"),
        ({"configuration_set": "missing"}, {}, "NotFoundException"),
        ({"region": "us-east-1"}, {}, "SignatureDoesNotMatch"),
    ],
)
def test_ses_refuses_in_its_own_words(
    sandbox: Sandbox, send: Send, settings: dict[str, str], changes: dict[str, Any], code: str
) -> None:
    account = sandbox.account("ses")
    other = replace(account, settings={**account.settings, **settings})
    outcome, _ = send(account, adapter("ses"), built(other, **changes))
    assert outcome.code == code


def test_ses_confirms_a_topic(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("ses")
    request = confirm(confirmation(), account, datetime.now(UTC))
    assert request
    _, result = send(account, adapter("ses"), request)
    assert getattr(result, "status", None) == 200


def test_mailgun_refuses_all_for_one_bad_address(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("mailgun")
    fields = {"from": "shop@mg.example.com", "subject": "x", "text": "x"}
    to = [Part("to", b"ada@example.org"), Part("to", b"nobody")]
    kind, body = multipart([*to, *(Part(n, v.encode()) for n, v in fields.items())])
    request = built(account)
    request = replace(request, headers={**request.headers, "content-type": kind}, body=body)
    outcome, _ = send(account, adapter("mailgun"), request)
    assert outcome.kind.name == "REJECTED"
    assert not Received.objects.filter(account=account.slug, accepted=True).exists()


def test_mailguns_front_page_is_no_success(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("mailgun")
    request = replace(built(account), url=f"{account.endpoint}/v3/messages")
    outcome, _ = send(account, adapter("mailgun"), request)
    assert outcome.code == "wrong_url"
