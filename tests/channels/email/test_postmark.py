import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.base import (
    BuildError,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    Lane,
    MessageTooLarge,
)
from channels.email.postmark import adapter as postmark
from channels.messages import Attachment, EmailMessage
from tests.channels.samples import DELIVERY, NOW, account, callback, email, envelope, recorded

EVENTS = recorded("postmark/callbacks.json")
OWN_ID = "0a129aee-e1cd-480d-b08d-4f48548ff48d"
LOGIN = "postmark:webhook-secret"
BULK = envelope("ada@example.org", lane=Lane.BULK)


def sent(settings: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    used = account("postmark")
    used = replace(used, settings={**used.settings, **(settings or {})})
    found: dict[str, Any] = json.loads(postmark.build(email(**changes), used, NOW).body)
    return found


def posted(body: dict[str, Any]) -> InboundRequest:
    return callback(json.dumps(body).encode())


def believed(authorization: str) -> bool:
    request = callback(b"{}", authorization=authorization)
    return postmark.verify(request, account("postmark"), NOW)


def basic(login: str) -> str:
    return "Basic " + b64encode(login.encode()).decode()


@pytest.mark.parametrize("row", recorded("postmark/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = postmark.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    codes = {row["code"] for row in recorded("postmark/answers.json")}
    assert set(map(str, postmark.CODES)) <= codes


def test_the_request_is_all_of_it() -> None:
    message = email(reply_to="help@example.com", headers={"List-Id": "<orders.shop.example>"})
    request = postmark.build(message, account("postmark"), NOW)
    assert request.url == "https://api.postmarkapp.com/email"
    assert request.headers["x-postmark-server-token"] == "postmark-server-token"
    assert json.loads(request.body) == {
        "From": '"The Shop" <shop@example.com>',
        "To": "ada@example.org",
        "Subject": "Your order",
        "TextBody": "Thank you",
        "HtmlBody": "<p>Thank you</p>",
        "Headers": [
            {"Name": "Message-ID", "Value": f"<{DELIVERY}@example.com>"},
            {"Name": "X-PM-KeepID", "Value": "true"},
            {"Name": "Auto-Submitted", "Value": "auto-generated"},
            {"Name": "List-Id", "Value": "<orders.shop.example>"},
        ],
        "Metadata": {"delivery": str(DELIVERY), "attempt": "2"},
        "MessageStream": "outbound",
        "TrackOpens": False,
        "TrackLinks": "None",
        "ReplyTo": "help@example.com",
    }


@pytest.mark.parametrize(
    ("settings", "changes", "stream"),
    [
        ({}, {}, "outbound"),
        ({"stream": "orders"}, {}, "orders"),
        ({"bulk_stream": "broadcast"}, {}, "outbound"),
        ({"bulk_stream": "broadcast"}, {"envelope": BULK}, "broadcast"),
        ({"stream": "orders"}, {"envelope": BULK}, "orders"),
    ],
)
def test_what_goes_out_in_bulk_has_a_stream_of_its_own(
    settings: dict[str, str], changes: dict[str, Any], stream: str
) -> None:
    assert sent(settings, **changes)["MessageStream"] == stream


def test_attachments_go_in_base64() -> None:
    file = Attachment("Rechnung.pdf", "application/pdf", b"%PDF")
    assert sent(attachments=(file,))["Attachments"] == [
        {"Name": "Rechnung.pdf", "Content": "JVBERg==", "ContentType": "application/pdf"}
    ]


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"html": "x" * 5_000_001}, "5 MB"),
        ({"attachments": (Attachment("a", "text/plain", bytes(7_500_000)),)}, "10 MB"),
    ],
)
def test_too_large_is_said_before_sending(changes: dict[str, Any], limit: str) -> None:
    with pytest.raises(MessageTooLarge, match=limit):
        sent(**changes)


def test_a_missing_token_is_a_misconfiguration() -> None:
    with pytest.raises(BuildError) as caught:
        postmark.build(email(), account("postmark", credentials={}), NOW)
    assert caught.value.outcome.kind.name == "MISCONFIGURED"


def batch(*messages: EmailMessage) -> HttpRequest:
    return postmark.build_batch(messages, account("postmark"), NOW)


def test_in_a_batch_each_message_is_whole() -> None:
    bob = email(envelope=envelope("bob@example.org"), subject="Other")
    request = batch(email(), bob)
    assert request.url == "https://api.postmarkapp.com/email/batch"
    assert [(one["To"], one["Subject"]) for one in json.loads(request.body)] == [
        ("ada@example.org", "Your order"),
        ("bob@example.org", "Other"),
    ]


def test_what_has_attachments_goes_alone() -> None:
    assert postmark.batch_key(email()) == postmark.batch_key(email(html=""))
    assert postmark.batch_key(email(attachments=(Attachment("a", "text/plain", b"x"),))) is None


def test_each_message_of_a_batch_has_its_own_outcome() -> None:
    rows = [
        {"ErrorCode": 0, "Message": "OK", "MessageID": OWN_ID, "To": "ada@example.org"},
        {"ErrorCode": 406, "Message": "You tried to send to an inactive recipient."},
        7,
    ]
    answer = HttpResponse(200, {}, json.dumps(rows).encode())
    found = postmark.classify_batch(answer, 3)
    assert found
    assert [outcome.kind.name for outcome in found] == ["ACCEPTED", "BAD_RECIPIENT", "UNCERTAIN"]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(401, 10, "MISCONFIGURED"), (429, 429, "THROTTLED"), (503, 100, "RETRY")],
)
def test_what_is_wrong_for_all_is_said_of_each(status: int, code: int, expected: str) -> None:
    body = json.dumps({"ErrorCode": code, "Message": "x"}).encode()
    found = postmark.classify_batch(HttpResponse(status, {}, body), 2)
    assert found
    assert [outcome.kind.name for outcome in found] == [expected] * 2


def test_a_refused_batch_goes_one_by_one() -> None:
    body = b'{"ErrorCode": 402, "Message": "Received invalid JSON input."}'
    assert postmark.classify_batch(HttpResponse(422, {}, body), 2) is None


@pytest.mark.parametrize("body", [b"", b"<html>Not found</html>", b'{"detail": "Not Found"}'])
@pytest.mark.parametrize("status", [404, 405, 501])
def test_where_there_are_no_batches_each_goes_alone(status: int, body: bytes) -> None:
    """As at a simulator of Postmark; the account is not suspended for it."""
    answer = HttpResponse(status, {}, body)
    assert postmark.classify_batch(answer, 2) is None
    assert postmark.refuses_batches(answer)


@pytest.mark.parametrize(("status", "code"), [(404, 1235), (422, 402), (401, 10), (200, 0)])
def test_what_is_wrong_with_one_batch_is_not_of_all(status: int, code: int) -> None:
    body = json.dumps({"ErrorCode": code, "Message": "x"}).encode()
    assert not postmark.refuses_batches(HttpResponse(status, {}, body))


def test_a_batch_whose_answer_is_too_short_is_in_doubt() -> None:
    found = postmark.classify_batch(HttpResponse(200, {}, b"[]"), 2)
    assert found
    assert [outcome.kind.name for outcome in found] == ["UNCERTAIN"] * 2


def looked_up(*listed: Any, status: int = 200) -> Any:
    body = json.dumps({"TotalCount": len(listed), "Messages": listed}).encode()
    return postmark.found(HttpResponse(status, {}, body), email())


def test_a_message_is_looked_for_by_its_delivery() -> None:
    request = postmark.look_up(email(), account("postmark"), NOW)
    query = parse_qs(urlsplit(request.url).query)
    assert urlsplit(request.url).path == "/messages/outbound"
    assert query["metadata_delivery"] == [str(DELIVERY)]
    assert (query["recipient"], query["messagestream"]) == (["ada@example.org"], ["outbound"])


def test_only_the_very_message_is_found() -> None:
    other = {"MessageID": "x", "Metadata": {"delivery": "another"}}
    own = {"MessageID": OWN_ID, "Metadata": {"delivery": str(DELIVERY)}}
    assert looked_up(other, {"MessageID": "y"}, 7) is None
    outcome = looked_up(other, own)
    assert (outcome.kind.name, outcome.provider_id) == ("ACCEPTED", OWN_ID)


@pytest.mark.parametrize(("status", "expected"), [(401, None), (422, None), (500, "RETRY")])
def test_what_could_not_be_learnt_waits(status: int, expected: str | None) -> None:
    outcome = looked_up(status=status)
    assert (outcome.kind.name if outcome else None) == expected


def test_only_who_knows_the_webhooks_login_is_believed() -> None:
    assert believed(basic(LOGIN))
    assert not believed(basic("postmark:wrong"))
    assert not believed("Basic é")
    assert not believed("Bearer " + b64encode(LOGIN.encode()).decode())
    assert not believed("")


@pytest.mark.parametrize("login", ["", "no-colon"])
def test_without_a_login_nobody_is_believed(login: str) -> None:
    request = callback(b"{}", authorization=basic(login))
    open_ = account("postmark", credentials={"webhook_login": login})
    assert not postmark.verify(request, open_, NOW)


def test_only_200_is_success() -> None:
    assert postmark.reply(posted({})) == HttpResponse(200, {}, b"")


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row["about"])
def test_recorded_events_mean_what_the_table_says(row: dict[str, Any]) -> None:
    (event,) = postmark.parse_events(posted(row["body"]))
    assert (event.kind.value, event.code) == (row["kind"], row["code"])
    assert (event.delivery_id, event.attempt) == (DELIVERY, 2)
    assert (event.address, event.provider_id) == ("ada@example.org", OWN_ID)
    assert event.at == NOW - timedelta(seconds=1.5)
    assert "ada@example.org" not in event.reason + event.dedupe_key


def event_named(about: str) -> dict[str, Any]:
    return next(row["body"] for row in EVENTS if row["about"] == about)


@pytest.mark.parametrize(
    ("one", "other"),
    [("HardBounce", "listed after a bounce"), ("complained", "listed after a complaint")],
)
def test_what_is_told_twice_is_one_event(one: str, other: str) -> None:
    keys = {
        postmark.parse_events(posted(event_named(about)))[0].dedupe_key for about in (one, other)
    }
    assert len(keys) == 1


def test_each_click_is_an_event_of_its_own() -> None:
    click = event_named("clicked")
    clicks = [click, {**click, "ReceivedAt": "2026-11-22T10:05:00Z"}, click]
    keys = [postmark.parse_events(posted(one))[0].dedupe_key for one in clicks]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize(
    "type_", ["AutoResponder", "AddressChange", "ChallengeVerification", "Subscribe"]
)
def test_an_answer_by_a_machine_is_no_news(type_: str) -> None:
    assert postmark.parse_events(posted({**event_named("SoftBounce"), "Type": type_})) == []


@pytest.mark.parametrize("value", [None, "x", 7, [], [1], {"a": 1}, 10**30])
def test_odd_values_do_no_harm(value: Any) -> None:
    for where in event_named("SoftBounce"):
        odd = {**event_named("SoftBounce"), where: value}
        assert len(postmark.parse_events(posted(odd))) <= 1
