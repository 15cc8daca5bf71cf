"""Callbacks of the providers that need more than a signature: batches, certificates, consent."""

import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.test import Client

from channels.accounts.credentials import account_upsert
from channels.base import HttpRequest, HttpResponse
from channels.email.mailgun import events as mailgun_events
from channels.models import ProviderAccount
from notifications.callbacks.fold import confirm, replays
from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.receive import certificates
from notifications.callbacks.receive.accounts import callers
from notifications.models import Delivery, InboundCallback
from notifications.record import dead_addresses
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.models import Suppression
from tests.channels.sns import TOPIC, certificate, confirmation, notification, signed
from tests.notifications.callbacks.conftest import Sms, attempt, new_delivery
from tests.world import contact_point

SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
OK = HttpResponse(200, {}, b"")


def account(kind: str, **settings: str) -> ProviderAccount:
    made = account_upsert(
        slug=f"{kind}-1",
        channel="email",
        kind=kind,
        credentials={
            "access_key_id": "A",
            "secret_access_key": "S",
            "api_key": "K",
            "webhook_signing_key": "mailgun-key",
        },
        settings={"from": "shop@example.com", "region": "eu-west-1", **settings},
    )
    callers.forget()
    return made


def mail_to(sms: Sms, address: str, through: ProviderAccount) -> Delivery:
    point = contact_point(sms.person, "email", address)
    fields = {"channel": "email", "contact_point_id": point.pk, "account_id": through.pk}
    made = new_delivery(sms, State.SENT, tries=False, **fields)
    attempt(made, 1, through.pk)
    return made


def post(path: str, body: bytes, **headers: str) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = Client().post(path, body, content_type="application/json", headers=names)
    return response.status_code


def sendgrid(rows: list[dict[str, Any]]) -> int:
    body, stamp = json.dumps(rows).encode(), str(int(now().timestamp()))
    signature = SENDGRID_KEY.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    prefix = "x_twilio_email_event_webhook"
    headers = {f"{prefix}_signature": b64encode(signature).decode(), f"{prefix}_timestamp": stamp}
    return post("/hooks/sendgrid/sendgrid-1", body, **headers)


def sns(message: dict[str, str]) -> int:
    return post("/hooks/ses/ses-1", json.dumps(signed(message)).encode())


def test_one_callback_of_sendgrid_tells_of_many_messages(sms: Sms) -> None:
    shown = SENDGRID_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    through = account("sendgrid", verification_key=b64encode(shown).decode())
    mails = [mail_to(sms, f"{name}@example.org", through) for name in ("ada", "bob", "eve")]
    kinds = [{"event": "delivered"}, {"event": "bounce", "type": "bounce"}, {"event": "spamreport"}]
    rows = [
        {
            **kind,
            "sg_event_id": f"e{n}",
            "timestamp": int(now().timestamp()),
            "email": f"{n}@elsewhere.example",
            "delivery": str(mail.pk),
            "attempt": "1",
        }
        for n, (mail, kind) in enumerate(zip(mails, kinds, strict=True))
    ]

    assert sendgrid(rows) == 204
    fold_due()
    dead_addresses.fold(now() + timedelta(minutes=1))

    outcomes = [Delivery.objects.get(pk=mail.pk).outcome for mail in mails]
    expected = [ProviderOutcome.DELIVERED, ProviderOutcome.BOUNCED, ProviderOutcome.SENT]
    assert outcomes == expected
    sources = Suppression.objects.order_by("source").values_list("source", flat=True)
    assert list(sources) == ["complaint", "provider"]


def delivered(mail: Delivery) -> dict[str, str]:
    said = {
        "eventType": "Delivery",
        "mail": {
            "messageId": "m1",
            "tags": {"delivery": [str(mail.pk)], "attempt": ["1"]},
        },
        "delivery": {"recipients": ["ada@example.org"], "timestamp": now().isoformat()},
    }
    return notification(Message=json.dumps(said))


def test_the_certificate_behind_a_signature_is_fetched_once(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    def call(request: HttpRequest) -> HttpResponse:
        fetched.append(request.url)
        return HttpResponse(200, {}, certificate().encode())

    monkeypatch.setattr(certificates, "call", call)
    mail = mail_to(sms, "ada@example.org", account("ses", topic_arn=TOPIC))

    assert [sns(delivered(mail)) for _ in range(3)] == [204, 204, 204]
    fold_due()

    assert len(fetched) == 1
    assert Delivery.objects.get(pk=mail.pk).outcome == ProviderOutcome.DELIVERED


def test_certificates_that_cannot_be_had_are_asked_for_a_few_times_only(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can name one."""
    asked: list[HttpRequest] = []

    def call(request: HttpRequest) -> None:
        asked.append(request)

    monkeypatch.setattr(certificates, "call", call)
    mail = mail_to(sms, "ada@example.org", account("ses", topic_arn=TOPIC))

    assert {sns(delivered(mail)) for _ in range(20)} == {503}
    assert len(asked) == certificates.MOST_A_MINUTE


def test_a_bounce_comes_again_when_its_certificate_could_not_be_had(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a refusal, Amazon would take the bounce for told."""
    pages = [None, HttpResponse(500, {}, b""), HttpResponse(200, {}, b"<html>Log in</html>")]
    answers = iter([*pages, HttpResponse(200, {}, certificate().encode())])
    monkeypatch.setattr(certificates, "call", lambda _: next(answers))
    mail = mail_to(sms, "ada@example.org", account("ses", topic_arn=TOPIC))

    assert [sns(delivered(mail)) for _ in range(5)] == [503, 503, 503, 204, 204]


@pytest.mark.parametrize(
    "pem",
    [
        "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n",
        certificate()[:400],
        certificate(2020, 2021),
        certificate(2099, 2100),
    ],
)
def test_a_certificate_that_nothing_can_be_checked_with_is_not_kept(
    sms: Sms, monkeypatch: pytest.MonkeyPatch, pem: str
) -> None:
    answers = iter([HttpResponse(200, {}, text.encode()) for text in (pem, certificate())])
    monkeypatch.setattr(certificates, "call", lambda _: next(answers))
    mail = mail_to(sms, "ada@example.org", account("ses", topic_arn=TOPIC))

    assert [sns(delivered(mail)) for _ in range(2)] == [503, 204]


def test_a_redirect_is_no_certificate(sms: Sms, monkeypatch: pytest.MonkeyPatch) -> None:
    away = HttpResponse(302, {"location": "https://evil.example/a.pem"}, certificate().encode())
    monkeypatch.setattr(certificates, "call", lambda _: away)
    mail = mail_to(sms, "ada@example.org", account("ses", topic_arn=TOPIC))

    assert sns(delivered(mail)) == 503


@pytest.mark.parametrize(
    "changed",
    [
        {"TopicArn": TOPIC + "-of-somebody-else"},
        {"TopicArn": ""},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.html"},
    ],
)
def test_for_strangers_no_certificate_is_fetched(
    sms: Sms, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    def call(request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, {}, certificate().encode())

    monkeypatch.setattr(certificates, "call", call)
    mail = mail_to(sms, "ada@example.org", account("ses", topic_arn=TOPIC))

    body = json.dumps({**signed(delivered(mail)), **changed}).encode()
    assert {post("/hooks/ses/ses-1", body) for _ in range(20)} == {403}
    assert sns(delivered(mail)) == 204  # the budget is not spent


def test_a_topic_is_confirmed_after_the_commit(sms: Sms, monkeypatch: pytest.MonkeyPatch) -> None:
    account("ses", topic_arn=TOPIC, signing_certificate=certificate())
    outer = len(connection.savepoint_ids)
    inside: list[int] = []

    def call(request: HttpRequest, _: object) -> HttpResponse:
        assert b"ConfirmSubscription" in request.body
        inside.append(len(connection.savepoint_ids) - outer)
        return OK

    monkeypatch.setattr(confirm, "call", call)
    assert sns(confirmation()) == 204
    fold_due()

    assert inside == [0]
    assert not InboundCallback.objects.exists()


def test_a_confirmation_that_fails_is_tried_again_and_then_left_to_people(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("ses", topic_arn=TOPIC, signing_certificate=certificate())
    monkeypatch.setattr(confirm, "call", lambda *_: None)
    sns(confirmation())

    for n in range(confirm.MOST_TRIES):
        fold_due()
        row = InboundCallback.objects.get()
        assert row.tries == n + 1 + (n + 1 == confirm.MOST_TRIES)
        InboundCallback.objects.exclude(due_at=None).update(due_at=now() - timedelta(hours=1))

    assert row.due_at is None


def mailgun(mail: Delivery, token: str, event: str = "delivered", hours: float = 0.0) -> int:
    stamp = str(int(now().timestamp() - hours * 3600))
    mac = hmac.digest(b"mailgun-key", f"{stamp}{token}".encode(), "sha256").hex()
    data = {
        "id": f"{token}-{event}",
        "event": event,
        "timestamp": now().timestamp(),
        "recipient": "ada@example.org",
        "user-variables": {"delivery": str(mail.pk), "attempt": "1"},
    }
    signature = {"timestamp": stamp, "token": token, "signature": mac}
    body = json.dumps({"signature": signature, "event-data": data}).encode()
    return post("/hooks/mailgun/mailgun-1", body)


def test_a_signature_that_covers_no_body_counts_once(sms: Sms) -> None:
    mail = mail_to(sms, "ada@example.org", account("mailgun"))

    assert mailgun(mail, "t1") == 200
    fold_due()
    for _ in range(2):  # what somebody says with a signature they got hold of
        assert mailgun(mail, "t1", "complained") == 200
        fold_due()
    dead_addresses.fold(now() + timedelta(minutes=1))

    assert Delivery.objects.get(pk=mail.pk).outcome == ProviderOutcome.DELIVERED
    assert not Suppression.objects.exists()
    mailgun(mail, "t2", "complained")
    fold_due()
    dead_addresses.fold(now() + timedelta(minutes=1))
    assert Suppression.objects.get().source == "complaint"


def test_a_retry_with_the_time_of_the_first_try_is_heard_once(sms: Sms) -> None:
    mail = mail_to(sms, "ada@example.org", account("mailgun"))
    first = [mailgun(mail, "t1", hours=8) for _ in range(2)]
    fold_due()

    assert first == [200, 200]
    assert Delivery.objects.get(pk=mail.pk).outcome == ProviderOutcome.DELIVERED
    assert mailgun(mail, "t1", hours=13) == 403


def test_a_signature_is_remembered_for_longer_than_it_is_good() -> None:
    assert replays.KEPT_DAYS * 86_400 > 2 * mailgun_events.WINDOW
