import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from channels.base import BuildError, EventKind, HttpResponse, InboundRequest, MessageTooLarge
from channels.sms.vonage import adapter as vonage
from tests.channels.samples import DELIVERY, NOW, account, callback, envelope, recorded, sms

RECEIPTS = recorded("vonage/callbacks.json")
SECRET = b"my_secret_key_for_testing"
# The vector of Vonage's own libraries.
VECTOR = {
    "message-timestamp": "2013-11-21 15:27:30",
    "messageId": "020000001B0FE827",
    "msisdn": "14843472194",
    "text": "Test again",
    "timestamp": "1385047698",
    "to": "13239877404",
    "type": "text",
}
SHA256 = "DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330"
SHA512 = (
    "E0D3C650F8C9D1A5C174D10DDDBFB003E561F59B265616208B0487C5D819481C"
    "D3C311D59CF6165ECD1139622D5BA3A256C0D763AC4A9AD9144B5A426B94FE82"
)
MD5, MD5_HASH = "DDEBD46008C2D4E93CCE578A332A52D5", "d2e7b1dc968737c5998ad624e02f90b7"
THEN = datetime.fromtimestamp(1_385_047_698, UTC)
REPLY = {"msisdn": "15558675310", "to": "14155550100", "messageId": "0B1", "text": "Stop"}


def form(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    used = account("vonage", settings={"from": "Shop", **(settings or {})})
    sent = parse_qs(vonage.build(sms(**changes), used, NOW).body.decode())
    return {name: values[0] for name, values in sent.items()}


def posted(values: dict[str, Any]) -> InboundRequest:
    return callback(json.dumps(values).encode())


def signed(values: dict[str, str], seconds: float = 0.0) -> dict[str, str]:
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    sent = {**values, "timestamp": stamp, "nonce": "ec11dd3e"}
    masked = {name: value.replace("&", "_").replace("=", "_") for name, value in sent.items()}
    text = "".join(f"&{name}={value}" for name, value in sorted(masked.items()))
    return {**sent, "sig": hmac.digest(SECRET, text.encode(), "sha256").hex()}


def believed(values: dict[str, Any]) -> bool:
    return vonage.verify(posted(values), account("vonage"), NOW)


@pytest.mark.parametrize("row", recorded("vonage/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = vonage.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    assert set(vonage.CODES) <= {row["code"] for row in recorded("vonage/answers.json")}


def test_the_request_is_a_form_with_basic_auth() -> None:
    request = vonage.build(sms(), account("vonage"), NOW)
    assert request.url == "https://rest.nexmo.com/sms/json"
    assert request.headers["authorization"] == "Basic YWJjZDEyMzQ6dm9uYWdlLXNlY3JldA=="
    assert form() == {
        "to": "15558675310",
        "from": "Shop",
        "text": "Your code is 123456",
        "type": "text",
        "ttl": "3600000",
        "client-ref": f"{DELIVERY}.2",
    }


def test_the_reference_has_room_for_any_attempt() -> None:
    assert len(form(envelope=envelope("+15558675310", attempt=32_000))["client-ref"]) == 40


def test_letters_outside_gsm_7_go_as_unicode() -> None:
    assert form(body="Ваш код 123456")["type"] == "unicode"
    assert vonage.build(sms(body="ж" * 71), account("vonage"), NOW).units == 2


@pytest.mark.parametrize(("area", "expected"), [("AT", "LADEN"), ("US", "14155550100")])
def test_the_country_chooses_the_sender(area: str, expected: str) -> None:
    settings = {"senders": "AT=LADEN, US=+14155550100"}
    assert form(settings, envelope=envelope("+43660123456", area=area))["from"] == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-5, "20000"), (90, "90000"), (9**7, "604800000")]
)
def test_it_lives_as_long_as_the_message(seconds: int, expected: str) -> None:
    until = NOW + timedelta(seconds=seconds)
    assert form(envelope=envelope("+15558675310", expires_at=until))["ttl"] == expected


def test_receipts_go_where_the_account_says() -> None:
    url = "https://notify.example/hooks/vonage/shop"
    assert form({"callback_url": url})["callback"] == url


def test_a_callback_longer_than_vonage_takes_is_refused_when_it_is_saved() -> None:
    check = next(field.check for field in vonage.FIELDS if field.name == "callback_url")
    assert check
    assert check("https://n.example/" + "x" * 90)
    assert not check("https://notify.example/hooks/vonage/shop")


def test_1601_characters_are_refused() -> None:
    with pytest.raises(MessageTooLarge):
        form(body="x" * 1_601)


@pytest.mark.parametrize("changes", [{"credentials": {}}, {"settings": {}}])
def test_missing_keys_and_senders_are_a_misconfiguration(changes: dict[str, Any]) -> None:
    with pytest.raises(BuildError) as caught:
        vonage.build(sms(), account("vonage", **changes), NOW)
    assert caught.value.outcome.kind.name == "MISCONFIGURED"


@pytest.mark.parametrize("signature", [SHA256, SHA512, SHA256.lower()])
@pytest.mark.parametrize("writes", [json.dumps, urlencode])
def test_the_published_signatures_are_accepted(writes: Any, signature: str) -> None:
    request = callback(writes({**VECTOR, "sig": signature}).encode())
    assert vonage.verify(request, account("vonage"), THEN)


@pytest.mark.parametrize("signature", [MD5, MD5_HASH, "", SHA256[:-1] + "1", "é" * 64])
def test_weak_and_wrong_signatures_are_not_believed(signature: str) -> None:
    request = posted({**VECTOR, "sig": signature})
    assert not vonage.verify(request, account("vonage"), THEN)


def test_without_the_secret_nobody_is_believed() -> None:
    request = posted({**VECTOR, "sig": SHA256})
    assert not vonage.verify(request, account("vonage", credentials={"api_key": "k"}), THEN)


@pytest.mark.parametrize("hours", [0, 12, 24])
def test_a_receipt_may_come_again_for_a_day(hours: float) -> None:
    assert believed(signed(REPLY, -hours * 3600))


@pytest.mark.parametrize("seconds", [-25 * 3600 - 1, 301])
def test_an_old_signature_is_not_believed(seconds: float) -> None:
    assert not believed(signed(REPLY, seconds))


def test_a_text_with_the_signs_of_a_form_can_be_signed() -> None:
    assert believed(signed({**REPLY, "text": "1&1=2"}))


def test_a_name_that_could_be_two_is_not_believed() -> None:
    """Its text reads as the one that was signed."""
    values = signed({"messageId": "0A", "status": "failed", "to": "Shop"})
    values["messageId=0A&nonce"] = values.pop("nonce")
    del values["messageId"]
    assert not believed(values)


def test_a_field_that_comes_twice_is_not_believed() -> None:
    values = signed(REPLY)
    body = urlencode([*values.items(), ("text", "Start")]).encode()
    assert not vonage.verify(callback(body), account("vonage"), NOW)


@pytest.mark.parametrize("row", RECEIPTS, ids=lambda row: row["about"])
def test_recorded_receipts_mean_what_the_table_says(row: dict[str, Any]) -> None:
    (event,) = vonage.parse_events(posted(row["body"]))
    assert (event.kind.value, event.code) == (row["kind"], row["code"])
    assert event.passing == row.get("passing", False)
    assert (event.delivery_id, event.attempt) == (DELIVERY, 2)
    assert (event.address, event.provider_id) == ("+15558675310", "0A0000000123ABCD1")
    assert event.at == NOW - timedelta(seconds=2)


def test_a_receipt_reads_the_same_in_a_form() -> None:
    body = RECEIPTS[2]["body"]
    (event,) = vonage.parse_events(callback(urlencode(body).encode()))
    assert [event] == vonage.parse_events(posted(body))


def test_each_part_has_its_own_receipt() -> None:
    bodies = [{**RECEIPTS[2]["body"], "messageId": id_} for id_ in ("0A1", "0A2", "0A1")]
    keys = [vonage.parse_events(posted(body))[0].dedupe_key for body in bodies]
    assert keys[0] == keys[2] != keys[1]


def test_a_receipt_of_a_message_that_is_not_ours_still_counts() -> None:
    (event,) = vonage.parse_events(posted({**RECEIPTS[2]["body"], "client-ref": "x.y"}))
    assert (event.delivery_id, event.attempt) == (None, None)


def test_what_a_person_writes_is_read() -> None:
    (event,) = vonage.parse_events(posted(REPLY))
    assert (event.kind, event.text) == (EventKind.INBOUND, "Stop")
    assert (event.address, event.sender) == ("+15558675310", "14155550100")


def test_what_is_no_text_is_no_message() -> None:
    binary = {**REPLY, "type": "binary", "data": "00"}
    del binary["text"]
    assert vonage.parse_events(posted(binary)) == []
