import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.base import Account, BuildError, HttpResponse, InboundRequest, MessageTooLarge
from channels.email.sendgrid import adapter as sendgrid
from channels.messages import Attachment
from tests.channels.samples import DELIVERY, NOW, account, callback, email, envelope, recorded

EVENTS = recorded("sendgrid/callbacks.json")


def built(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        sendgrid.build(email(**changes), account("sendgrid"), NOW).body
    )
    return body


@pytest.mark.parametrize("row", recorded("sendgrid/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = sendgrid.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    codes = {row["code"] for row in recorded("sendgrid/answers.json")}
    assert {f"http_{s}.{f}" if f else f"http_{s}" for s, f in sendgrid.CODES} <= codes


def test_the_request_is_all_of_it() -> None:
    request = sendgrid.build(email(reply_to="Help <help@example.com>"), account("sendgrid"), NOW)
    assert request.url == "https://api.sendgrid.com/v3/mail/send"
    assert request.headers["authorization"] == "Bearer SG.key.secret"
    assert json.loads(request.body) == {
        "from": {"email": "shop@example.com", "name": "The Shop"},
        "reply_to": {"email": "help@example.com", "name": "Help"},
        "subject": "Your order",
        "personalizations": [
            {
                "to": [{"email": "ada@example.org"}],
                "custom_args": {"delivery": str(DELIVERY), "attempt": "2"},
            }
        ],
        "content": [
            {"type": "text/plain", "value": "Thank you"},
            {"type": "text/html", "value": "<p>Thank you</p>"},
        ],
        "headers": {
            "Message-ID": f"<{DELIVERY}@example.com>",
            "Auto-Submitted": "auto-generated",
        },
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }


def test_an_account_in_the_eu_stays_there() -> None:
    there = account("sendgrid", settings={**account("sendgrid").settings, "region": "EU"})
    assert sendgrid.build(email(), there, NOW).url.startswith("https://api.eu.sendgrid.com/")


def test_headers_go_along_but_not_those_sendgrid_writes() -> None:
    given = {"List-Unsubscribe": "<https://n.example/u/x>", "Subject": "Other", "X-SG-ID": "1"}
    assert "List-Unsubscribe" in built(headers=given)["headers"]
    assert not {"Subject", "X-SG-ID"} & set(built(headers=given)["headers"])


def test_attachments_are_base64() -> None:
    file = Attachment("Größe.pdf", "application/pdf", b"%PDF")
    assert built(attachments=(file,))["attachments"] == [
        {"content": "JVBERg==", "filename": "Größe.pdf", "type": "application/pdf"}
    ]


def test_a_sender_name_has_neither_comma_nor_semicolon() -> None:
    named = account("sendgrid", settings={"from": "shop@example.com", "from_name": "Shop, Inc;"})
    body = json.loads(sendgrid.build(email(), named, NOW).body)
    assert body["from"]["name"] == "Shop  Inc "


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"headers": {"X-A": "one\r\nBcc: all@example.com"}}, "bad_header"),
        ({"headers": {"X A": "one"}}, "bad_header"),
        ({"reply_to": "a@example.com\r\nBcc: b@example.com"}, "bad_header"),
        ({"envelope": envelope("no address")}, "bad_address"),
        ({"text": "", "html": ""}, "empty"),
        ({"text": "SG.abc.def is a key"}, "api_key_in_text"),
    ],
)
def test_what_cannot_be_sent_says_why(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BuildError) as caught:
        built(**changes)
    assert caught.value.outcome.code == code


def test_too_large_is_said_before_sending() -> None:
    with pytest.raises(MessageTooLarge, match="30 MB"):
        built(attachments=(Attachment("a", "text/plain", bytes(23_000_000)),))


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(form: str) -> str:
    encoding, public_format = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if form == "pem":
        return key().public_key().public_bytes(Encoding.PEM, public_format).decode()
    return b64encode(key().public_key().public_bytes(encoding, public_format)).decode()


def listening(form: str = "base64") -> Account:
    sample = account("sendgrid")
    return replace(sample, settings={**sample.settings, "verification_key": public(form)})


def posted(body: bytes, seconds: float = 0.0) -> InboundRequest:
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    signature = key().sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    names = {sendgrid_header("signature"): b64encode(signature).decode()}
    return callback(body, **names, **{sendgrid_header("timestamp"): stamp})


def sendgrid_header(name: str) -> str:
    return f"x_twilio_email_event_webhook_{name}"


@pytest.mark.parametrize("form", ["base64", "pem"])
def test_what_sendgrid_signed_is_believed(form: str) -> None:
    assert sendgrid.verify(posted("[{}]é".encode()), listening(form), NOW)


@pytest.mark.parametrize("hours", [0, 12, 24])
def test_what_is_sent_again_for_a_day_is_believed(hours: float) -> None:
    assert sendgrid.verify(posted(b"[]", -hours * 3600.0), listening(), NOW)


@pytest.mark.parametrize("seconds", [-26 * 3600 - 1, 301])
def test_an_old_signature_is_not_believed(seconds: float) -> None:
    assert not sendgrid.verify(posted(b"[]", seconds), listening(), NOW)


def test_a_changed_body_is_not_believed() -> None:
    request = replace(posted(b"[]"), body=b"[{}]")
    assert not sendgrid.verify(request, listening(), NOW)


@pytest.mark.parametrize("shown", ["", "no key", "AAAA"])
def test_without_the_key_nothing_is_believed(shown: str) -> None:
    deaf = account("sendgrid", settings={"verification_key": shown})
    assert not sendgrid.verify(posted(b"[]"), deaf, NOW)


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row["about"])
def test_recorded_events_mean_what_the_table_says(row: dict[str, Any]) -> None:
    (event,) = sendgrid.parse_events(callback(json.dumps([row["body"]]).encode()))
    assert (event.kind.value, event.code) == (row["kind"], row["code"])
    assert event.is_bot == row.get("machine", False)
    assert (event.delivery_id, event.attempt) == (DELIVERY, 2)
    assert (event.address, event.at) == ("ada@example.org", NOW - timedelta(seconds=2))
    assert event.provider_id == "14c5d75ce93"
    assert "ada@example.org" not in event.reason + event.dedupe_key


def test_one_request_tells_of_many_messages_each_once() -> None:
    body = json.dumps([row["body"] for row in EVENTS] + [7, {}]).encode()
    keys = [event.dedupe_key for event in sendgrid.parse_events(callback(body))]
    assert len(keys) == len(set(keys)) == len(EVENTS)
    assert keys == [event.dedupe_key for event in sendgrid.parse_events(callback(body))]


def test_an_event_without_an_id_has_a_key_all_the_same() -> None:
    rows = [{**row["body"], "sg_event_id": None} for row in EVENTS]
    found = sendgrid.parse_events(callback(json.dumps(rows).encode()))
    assert len({event.dedupe_key for event in found}) == len({json.dumps(row) for row in rows})


@pytest.mark.parametrize("value", [None, "x", 10**30, -1, [], {"a": 1}, 1e400, True])
def test_odd_values_do_no_harm(value: Any) -> None:
    row = dict.fromkeys(EVENTS[3]["body"], value)
    found = sendgrid.parse_events(callback(json.dumps([row | {"event": "bounce"}]).encode()))
    assert found[0].delivery_id is None
