import hmac
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from channels.base import BuildError, EventKind, HttpResponse, MessageTooLarge, OutcomeKind
from channels.sms.twilio import adapter as twilio
from tests.channels.samples import (
    DELIVERY,
    FIXTURES,
    NOW,
    account,
    callback,
    envelope,
    recorded,
    sms,
)

CALLBACK = f"https://notify.example/callbacks/twilio?delivery={DELIVERY}&attempt=2"
# Section "Twilio" of the test vectors in Twilio's own libraries.
VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR_FORM = urlencode(
    {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
).encode()
SHA1 = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
SHA256 = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="


def form(**changes: Any) -> dict[str, str]:
    request = twilio.build(sms(**changes), account("twilio"), NOW)
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


@pytest.mark.parametrize("row", recorded("twilio/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = twilio.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    codes = {row["code"] for row in recorded("twilio/answers.json")}
    assert set(map(str, twilio.CODES)) <= codes


def test_the_request_is_a_form_with_basic_auth() -> None:
    request = twilio.build(sms(), account("twilio"), NOW)
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/AC123/Messages.json"
    assert request.headers["authorization"] == "Basic QUMxMjM6MTIzNDU="
    assert form() == {
        "To": "+15558675310",
        "From": "+15005550006",
        "Body": "Your code is 123456",
        "ValidityPeriod": "3600",
    }


def test_a_messaging_service_replaces_the_sender() -> None:
    service = account("twilio", settings={"messaging_service_sid": "MG1", "from": "+1"})
    sent = parse_qs(twilio.build(sms(), service, NOW).body.decode())
    assert sent["MessagingServiceSid"] == ["MG1"]
    assert "From" not in sent


@pytest.mark.parametrize(("seconds", "expected"), [(-5, "1"), (90, "90"), (90_000, "36000")])
def test_the_validity_period_is_the_rest_of_the_messages_life(seconds: int, expected: str) -> None:
    until = NOW + timedelta(seconds=seconds)
    assert form(envelope=envelope("+14155550123", expires_at=until))["ValidityPeriod"] == expected


@pytest.mark.parametrize(
    ("url", "mark"), [("https://n.example/cb", "?"), ("https://n/cb?a=1", "&")]
)
def test_the_callback_names_delivery_and_attempt(url: str, mark: str) -> None:
    configured = account("twilio", settings={"from": "+1", "callback_url": url})
    sent = parse_qs(twilio.build(sms(), configured, NOW).body.decode())
    assert sent["StatusCallback"] == [f"{url}{mark}delivery={DELIVERY}&attempt=2"]


def test_1600_characters_are_sent() -> None:
    assert len(form(body="x" * 1600)["Body"]) == 1600


def test_1601_characters_are_refused() -> None:
    with pytest.raises(MessageTooLarge):
        form(body="x" * 1601)


def test_missing_credentials_are_a_misconfiguration() -> None:
    with pytest.raises(BuildError) as caught:
        twilio.build(sms(), account("twilio", credentials={}), NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


def test_the_published_signature_is_accepted() -> None:
    request = callback(VECTOR_FORM, VECTOR_URL, x_twilio_signature=SHA1)
    assert twilio.verify(request, account("twilio"), NOW)


def test_the_published_sha256_signature_is_accepted_where_it_is_expected() -> None:
    request = callback(VECTOR_FORM, VECTOR_URL, x_twilio_signature=SHA256)
    newer = account("twilio", settings={"signature_algorithm": "HMAC_SHA256"})
    assert twilio.verify(request, newer, NOW)
    assert not twilio.verify(request, account("twilio"), NOW)


@pytest.mark.parametrize(
    ("body", "url", "signature"),
    [
        (VECTOR_FORM + b"&x=1", VECTOR_URL, SHA1),
        (VECTOR_FORM, VECTOR_URL + "3", SHA1),
        (VECTOR_FORM, VECTOR_URL, SHA1[:-2] + "A="),
        (VECTOR_FORM, VECTOR_URL, ""),
    ],
)
def test_a_changed_callback_is_not_believed(body: bytes, url: str, signature: str) -> None:
    request = callback(body, url, x_twilio_signature=signature)
    assert not twilio.verify(request, account("twilio"), NOW)


def test_without_a_token_nobody_is_believed() -> None:
    signature = b64encode(hmac.digest(b"", b"https://n.example/cb", "sha1")).decode()
    request = callback(b"", "https://n.example/cb", x_twilio_signature=signature)
    assert not twilio.verify(request, account("twilio", credentials={"auth_token": ""}), NOW)


def test_empty_and_repeated_fields_are_signed_too() -> None:
    signed = b"https://n.example/cb" + b"Empty" + b"Twicea" + b"Twiceb"
    signature = b64encode(hmac.digest(b"12345", signed, "sha1")).decode()
    body = b"Twice=b&Empty=&Twice=a"
    request = callback(body, "https://n.example/cb", x_twilio_signature=signature)
    assert twilio.verify(request, account("twilio"), NOW)


def test_a_delivered_callback_is_an_event_of_its_attempt() -> None:
    body = (FIXTURES / "twilio/callback_delivered.txt").read_bytes()
    [event] = twilio.parse_events(callback(body, CALLBACK))
    assert (event.kind, event.delivery_id, event.attempt) == (EventKind.DELIVERED, DELIVERY, 2)
    assert event.provider_id == "SM" + "a" * 32
    assert event.dedupe_key == event.provider_id + ":delivered"


def test_a_dead_number_is_a_hard_bounce() -> None:
    body = (FIXTURES / "twilio/callback_undelivered.txt").read_bytes()
    [event] = twilio.parse_events(callback(body, CALLBACK))
    assert (event.kind, event.code) == (EventKind.BOUNCED_HARD, "30005")
    assert event.reason == "The number is not in use"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("sent", "", EventKind.SENT),
        ("read", "", EventKind.OPENED),
        ("failed", "30036", EventKind.FAILED),
        ("canceled", "", EventKind.FAILED),
        ("undelivered", "30003", EventKind.BOUNCED_SOFT),
        ("undelivered", "12345", EventKind.BOUNCED_SOFT),
        ("failed", "30006", EventKind.BOUNCED_HARD),
        ("partially_delivered", "", EventKind.UNKNOWN),
    ],
)
def test_every_status_has_its_event(status: str, code: str, expected: EventKind) -> None:
    body = urlencode({"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code}).encode()
    [event] = twilio.parse_events(callback(body))
    assert event.kind is expected


@pytest.mark.parametrize("status", ["accepted", "scheduled", "queued", "sending"])
def test_what_twilio_still_works_on_is_no_news(status: str) -> None:
    body = urlencode({"MessageSid": "SM1", "MessageStatus": status}).encode()
    assert twilio.parse_events(callback(body)) == []


@pytest.mark.parametrize("query", ["", "?delivery=1&attempt=1", f"?delivery={DELIVERY}&attempt=x"])
def test_a_callback_without_our_ids_still_counts(query: str) -> None:
    [event] = twilio.parse_events(
        callback(b"MessageSid=SM1&MessageStatus=sent", f"https://n.example/cb{query}")
    )
    assert (event.delivery_id, event.attempt) == (None, None)
