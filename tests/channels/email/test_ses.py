import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.base import Account, BuildError, HttpResponse, InboundRequest, MessageTooLarge
from channels.email.ses import adapter as ses
from channels.email.ses import bulk as ses_bulk
from channels.email.ses import codes as ses_codes
from channels.messages import Attachment
from tests.channels.samples import DELIVERY, NOW, account, callback, email, envelope, recorded
from tests.channels.sns import (
    CERTIFICATE_URL,
    TOPIC,
    certificate,
    confirmation,
    notification,
    signed,
)

TAGS = [{"Name": "delivery", "Value": str(DELIVERY)}, {"Name": "attempt", "Value": "2"}]
HEADERS = [{"Name": "Auto-Submitted", "Value": "auto-generated"}]
EVENTS = recorded("ses/callbacks.json")


def built(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ses.build(email(**changes), account("ses"), NOW).body)
    return body


def listening(**settings: str) -> Account:
    sample = account("ses")
    return replace(sample, settings={**sample.settings, "topic_arn": TOPIC, **settings})


def posted(message: dict[str, str], pem: str = "") -> InboundRequest:
    return replace(callback(json.dumps(message).encode()), certificate=pem)


@pytest.mark.parametrize("row", recorded("ses/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = ses.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    assert set(ses_codes.CODES) <= {row["code"] for row in recorded("ses/answers.json")}
    assert set(ses_codes.BULK) <= {row["code"] for row in recorded("ses/bulk.json")}


def test_the_request_is_all_of_it() -> None:
    sender = account("ses")
    sender = replace(sender, settings={**sender.settings, "configuration_set": "events"})
    request = ses.build(email(reply_to="help@example.com"), sender, NOW)
    assert request.url == "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails"
    assert "/20261122/eu-west-1/ses/aws4_request" in request.headers["authorization"]
    assert request.headers["x-amz-security-token"] == "ses-session"
    assert json.loads(request.body) == {
        "FromEmailAddress": '"The Shop" <shop@example.com>',
        "ReplyToAddresses": ["help@example.com"],
        "Destination": {"ToAddresses": ["ada@example.org"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Your order", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "Thank you", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>Thank you</p>", "Charset": "UTF-8"},
                },
                "Headers": HEADERS,
            }
        },
        "EmailTags": TAGS,
        "ConfigurationSetName": "events",
        "ConfigurationOverrides": {
            "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
        },
    }


def test_a_region_in_china_has_its_own_domain() -> None:
    there = account("ses", settings={**account("ses").settings, "region": "cn-north-1"})
    url = ses.build(email(), there, NOW).url
    assert url.startswith("https://email.cn-north-1.amazonaws.com.cn/")


def test_a_sender_in_another_script_is_an_encoded_word() -> None:
    named = account("ses", settings={**account("ses").settings, "from_name": "Größe M"})
    sender = json.loads(ses.build(email(), named, NOW).body)["FromEmailAddress"]
    assert sender == "=?utf-8?b?R3LDtsOfZSBN?= <shop@example.com>"


def test_a_domain_in_another_script_is_punycode() -> None:
    to = built(envelope=envelope("ada@münchen.example"))["Destination"]["ToAddresses"]
    assert to == ["ada@xn--mnchen-3ya.example"]


def test_attachments_are_base64() -> None:
    file = Attachment("Größe.pdf", "application/pdf", b"%PDF")
    (sent,) = built(attachments=(file,))["Content"]["Simple"]["Attachments"]
    assert b64decode(sent.pop("RawContent")) == b"%PDF"
    assert sent == {
        "FileName": "Größe.pdf",
        "ContentType": "application/pdf",
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"headers": {"X-A": "one\nBcc: all@example.com"}}, "bad_header"),
        ({"headers": {f"X-{n}": "x" for n in range(15)}}, "bad_header"),
        ({"envelope": envelope("größe@example.org")}, "bad_address"),
    ],
)
def test_what_cannot_be_sent_says_why(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BuildError) as caught:
        built(**changes)
    assert caught.value.outcome.code == code


def test_too_large_is_said_before_sending() -> None:
    with pytest.raises(MessageTooLarge, match="40 MB"):
        built(attachments=(Attachment("a", "text/plain", bytes(31_000_000)),))


def test_a_batch_fills_a_template_of_nothing_but_the_texts() -> None:
    other = email(envelope=envelope("bob@example.org", attempt=1), subject="Other", text="{{no}}")
    request = ses.build_batch([email(), other], account("ses"), NOW)
    assert request.url.endswith("/v2/email/outbound-bulk-emails")
    body = json.loads(request.body)
    assert body["DefaultContent"]["Template"]["TemplateContent"] == {
        "Subject": "{{{subject}}}",
        "Text": "{{{text}}}",
        "Html": "{{{html}}}",
    }
    one, two = body["BulkEmailEntries"]
    assert one == {
        "Destination": {"ToAddresses": ["ada@example.org"]},
        "ReplacementEmailContent": {
            "ReplacementTemplate": {
                "ReplacementTemplateData": (
                    '{"subject":"Your order","text":"Thank you","html":"<p>Thank you</p>"}'
                )
            }
        },
        "ReplacementHeaders": HEADERS,
        "ReplacementTags": TAGS,
    }
    assert two["ReplacementTags"][1] == {"Name": "attempt", "Value": "1"}


def test_messages_of_one_shape_share_a_request() -> None:
    key = ses.batch_key(email())
    assert key == ses.batch_key(email(subject="Other", headers={"X-A": "b"}))
    assert key != ses.batch_key(email(html=""))
    assert key != ses.batch_key(email(reply_to="help@example.com"))


def test_what_a_batch_cannot_carry_goes_alone() -> None:
    assert ses.batch_key(email(attachments=(Attachment("a", "text/plain", b"x"),))) is None
    assert ses.batch_key(email(text="x" * ses_bulk.MAX_DATA)) is None


def test_each_entry_of_a_batch_has_its_own_outcome() -> None:
    rows = recorded("ses/bulk.json")
    body = json.dumps({"BulkEmailEntryResults": [row["entry"] for row in rows]}).encode()
    outcomes = ses.classify_batch(HttpResponse(200, {}, body), len(rows))
    assert outcomes
    expected = [(row["kind"], row["code"]) for row in rows]
    assert [(outcome.kind.name, outcome.code) for outcome in outcomes] == expected
    assert outcomes[0].provider_id == "0100-1"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"BulkEmailEntryResults": [{}]}', b"<html>"])
def test_an_unreadable_answer_to_a_batch_is_uncertain_for_each(body: bytes) -> None:
    outcomes = ses.classify_batch(HttpResponse(200, {}, body), 2)
    assert outcomes
    assert [outcome.kind.name for outcome in outcomes] == ["UNCERTAIN"] * 2


def test_a_refused_batch_goes_one_by_one() -> None:
    refused = {"x-amzn-errortype": "BadRequestException"}
    assert ses.classify_batch(HttpResponse(400, refused, b"{}"), 2) is None


def test_a_key_that_may_not_send_several_sends_one_by_one() -> None:
    denied = {"x-amzn-errortype": "AccessDeniedException"}
    assert ses.classify_batch(HttpResponse(403, denied, b"{}"), 2) is None


def test_trouble_with_the_account_is_the_same_for_all_of_a_batch() -> None:
    outcomes = ses.classify_batch(HttpResponse(503, {}, b""), 3)
    assert outcomes
    assert [outcome.kind.name for outcome in outcomes] == ["RETRY"] * 3


def test_a_message_of_our_topic_is_believed_by_amazons_certificate() -> None:
    request = posted(signed(notification()), certificate())
    assert ses.certificate_url(request) == CERTIFICATE_URL
    assert ses.verify(request, listening(), NOW)


def test_a_pinned_certificate_is_the_only_one() -> None:
    request = posted(signed(notification()))
    assert ses.verify(request, listening(signing_certificate=certificate()), NOW)
    other = replace(request, certificate=certificate())
    assert not ses.verify(other, listening(signing_certificate="another"), NOW)


@pytest.mark.parametrize("topics", ["", "arn:aws:sns:eu-west-1:123456789012:other"])
def test_somebody_elses_topic_is_neither_believed_nor_confirmed(topics: str) -> None:
    deaf = listening(topic_arn=topics)
    assert not ses.verify(posted(signed(notification()), certificate()), deaf, NOW)
    assert ses.confirmation(posted(signed(confirmation())), deaf, NOW) is None


def test_one_of_several_topics_is_confirmed() -> None:
    both = listening(topic_arn=f"arn:aws:sns:eu-west-1:123456789012:other {TOPIC}")
    assert ses.confirmation(posted(signed(confirmation())), both, NOW)


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row["about"])
def test_recorded_events_mean_what_the_table_says(row: dict[str, Any]) -> None:
    request = posted(notification(Message=json.dumps(row["message"])))
    (event,) = ses.parse_events(request)
    assert (event.kind.value, event.code) == (row["kind"], row["code"])
    assert (event.delivery_id, event.attempt) == (
        (DELIVERY, 2) if "tags" in row["message"]["mail"] else (None, None)
    )
    assert event.address == "ada@example.org"
    assert event.provider_id == "010001750ff5a3-e1b0f0a0"
    assert event.at
    assert NOW - event.at < timedelta(seconds=4)
    assert "ada@example.org" not in event.reason + event.dedupe_key


def test_each_recipient_of_a_message_is_an_event_of_its_own() -> None:
    people = [{"emailAddress": name} for name in ("a@example.org", "b@example.org")]
    said = {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": people},
    }
    events = ses.parse_events(posted(notification(Message=json.dumps(said))))
    assert [event.address for event in events] == ["a@example.org", "b@example.org"]
    assert len({event.dedupe_key for event in events}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        '{"eventType": 5}',
        "[]",
        "",
    ],
)
def test_what_is_no_event_is_none(text: str) -> None:
    assert ses.parse_events(posted(notification(Message=text))) == []


def test_a_confirmation_is_no_event() -> None:
    said = json.dumps(EVENTS[0]["message"])
    assert ses.parse_events(posted(confirmation(Message=said))) == []


@pytest.mark.parametrize("value", [None, "x", 7, [], [1], {"a": 1}])
def test_odd_values_do_no_harm(value: Any) -> None:
    for where in ("mail", "bounce", "complaint", "deliveryDelay", "subscription"):
        for row in EVENTS:
            said = json.dumps({**row["message"], where: value})
            assert len(ses.parse_events(posted(notification(Message=said)))) <= 1


@pytest.mark.parametrize(("more", "kept"), [(66, True), (67, False)])
def test_a_type_longer_than_ses_takes_is_just_bytes(more: int, kept: bool) -> None:
    kind = "application/" + "x" * more
    [file] = built(attachments=(Attachment("a", kind, b"x"),))["Content"]["Simple"]["Attachments"]
    assert file["ContentType"] == (kind if kept else "application/octet-stream")
