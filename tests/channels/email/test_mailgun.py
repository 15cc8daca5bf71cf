import hmac
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import BuildError, HttpResponse, InboundRequest, MessageTooLarge
from channels.email.mailgun import adapter as mailgun
from channels.email.mailgun.multipart import Part, multipart
from channels.messages import Attachment, EmailMessage
from tests.channels.forms import form_of, parts_of
from tests.channels.samples import DELIVERY, NOW, account, callback, email, envelope, recorded

EVENTS = recorded("mailgun/callbacks.json")
UNTRACKED = {"o:tracking": ["no"], "o:tracking-clicks": ["no"], "o:tracking-opens": ["no"]}
# Section "Webhooks" of Mailgun's documentation, recomputed.
VECTOR = {
    "timestamp": "1700000000",
    "token": "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0",
    "signature": "ccd507e80e5052977315f18193ac71eb0601f1365aa5261f2ea13964881d8084",
}


def form(**changes: Any) -> dict[str, list[str]]:
    return form_of(mailgun.build(email(**changes), account("mailgun"), NOW))


def batch(*messages: EmailMessage) -> tuple[dict[str, list[str]], dict[str, dict[str, str]]]:
    """The fields, and what each person has for their placeholders."""
    found = form_of(mailgun.build_batch(messages, account("mailgun"), NOW))
    return found, json.loads(found["recipient-variables"][0])


def signed(seconds: float = 0.0, token: str = "token", **event: Any) -> InboundRequest:
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    signature = hmac.digest(b"key-test", f"{stamp}{token}".encode(), "sha256").hex()
    signature_ = {"timestamp": stamp, "token": token, "signature": signature}
    return callback(json.dumps({"signature": signature_, "event-data": event}).encode())


@pytest.mark.parametrize("row", recorded("mailgun/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = mailgun.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    codes = {row["code"] for row in recorded("mailgun/answers.json")}
    assert {f"http_{status}" for status in mailgun.CODES} <= codes


def test_the_request_is_all_of_it() -> None:
    message = email(reply_to="help@example.com", headers={"List-Id": "<orders.shop.example>"})
    request = mailgun.build(message, account("mailgun"), NOW)
    assert request.url == "https://api.mailgun.net/v3/mg.example.com/messages"
    login = b64encode(b"api:mailgun-secret").decode()
    assert request.headers["authorization"] == f"Basic {login}"
    assert form_of(request) == {
        "from": ['"The Shop" <shop@mg.example.com>'],
        "to": ["ada@example.org"],
        "subject": ["Your order"],
        "text": ["Thank you"],
        "html": ["<p>Thank you</p>"],
        "v:delivery": [str(DELIVERY)],
        "v:attempt": ["2"],
        "h:Message-Id": [f"<{DELIVERY}@mg.example.com>"],
        "h:Auto-Submitted": ["auto-generated"],
        "h:List-Id": ["<orders.shop.example>"],
        "h:Reply-To": ["help@example.com"],
        **UNTRACKED,
    }


def test_a_domain_in_the_eu_is_spoken_to_there() -> None:
    there = account("mailgun", settings={**account("mailgun").settings, "region": "eu"})
    assert mailgun.build(email(), there, NOW).url.startswith("https://api.eu.mailgun.net/")


def test_attachments_are_files_of_the_form() -> None:
    file = Attachment('A "b".pdf', "application/pdf", b"%PDF\r\n--x")
    parts = parts_of(mailgun.build(email(attachments=(file,)), account("mailgun"), NOW))
    assert parts[-1].get_content_type() == "application/pdf"
    assert parts[-1].get_payload(decode=True) == b"%PDF\r\n--x"
    assert parts[-1].get_filename() == "A %22b%22.pdf"


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_any_bytes_survive_the_form(contents: list[bytes]) -> None:
    kind, body = multipart([Part(f"p{n}", content) for n, content in enumerate(contents)])
    mark = kind.partition("boundary=")[2].encode()
    read = body.split(b"--" + mark)[1:-1]
    assert [part.partition(b"\r\n\r\n")[2][:-2] for part in read] == contents


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"headers": {"X-A": "one\r\nBcc: all@example.com"}}, "bad_header"),
        ({"headers": {f"X-{n}": "x" * 800 for n in range(25)}}, "too_large"),
        ({"envelope": envelope("ada@example.org, bob@example.org")}, "bad_address"),
    ],
)
def test_what_cannot_be_sent_says_why(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BuildError) as caught:
        form(**changes)
    assert caught.value.outcome.code == code


def test_too_large_is_said_before_sending() -> None:
    with pytest.raises(MessageTooLarge, match="25 MB"):
        form(attachments=(Attachment("a", "text/plain", bytes(25_000_000)),))


@pytest.mark.parametrize("domain", ["", "mg.example.com/../x", "mg example.com"])
def test_a_domain_that_cannot_be_is_the_accounts_fault(domain: str) -> None:
    broken = account("mailgun", settings={"from": "shop@mg.example.com", "domain": domain})
    with pytest.raises(BuildError) as caught:
        mailgun.build(email(), broken, NOW)
    assert caught.value.outcome.kind.name == "MISCONFIGURED"


def test_in_a_batch_everybody_has_their_own_words_and_data() -> None:
    bob = email(
        envelope=envelope("bob@example.org", attempt=1), subject="Other", headers={"X-A": "bob's"}
    )
    found, people = batch(email(headers={"X-A": "ada's"}), bob)
    assert found["to"] == ["ada@example.org", "bob@example.org"]

    def seen_by(who: str, name: str) -> str:
        return people[who][found[name][0].removeprefix("%recipient.").removesuffix("%")]

    names = ("subject", "text", "html", "v:attempt", "h:X-A")
    assert [seen_by("ada@example.org", name) for name in names] == [
        *("Your order", "Thank you", "<p>Thank you</p>", "2", "ada's"),
    ]
    assert [seen_by("bob@example.org", name) for name in names] == [
        *("Other", "Thank you", "<p>Thank you</p>", "1", "bob's"),
    ]
    assert seen_by("ada@example.org", "v:delivery") == str(DELIVERY)
    assert "h:Message-Id" not in found


def test_messages_of_one_shape_share_a_request() -> None:
    key = mailgun.batch_key(email())
    assert key == mailgun.batch_key(email(subject="Other"))
    assert key != mailgun.batch_key(email(html=""))
    assert key != mailgun.batch_key(email(headers={"X-A": "b"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"attachments": (Attachment("a", "text/plain", b"x"),)},
        {"text": "Dear %recipient.name%"},
        {"headers": {"X-A": "%recipient_email%"}},
    ],
)
def test_what_a_batch_cannot_carry_goes_alone(changes: dict[str, Any]) -> None:
    assert mailgun.batch_key(email(**changes)) is None


def test_a_batch_is_accepted_as_a_whole() -> None:
    answer = HttpResponse(200, {}, b'{"id": "<1@mg.example.com>", "message": "Queued."}')
    outcomes = mailgun.classify_batch(answer, 2)
    assert outcomes
    assert [outcome.provider_id for outcome in outcomes] == ["1@mg.example.com"] * 2


def test_a_refused_batch_goes_one_by_one() -> None:
    assert mailgun.classify_batch(HttpResponse(400, {}, b'{"message": "to"}'), 2) is None


def test_the_published_vector_is_met() -> None:
    then = datetime.fromtimestamp(1_700_000_000, UTC)
    request = callback(json.dumps({"signature": VECTOR, "event-data": {}}).encode())
    assert mailgun.verify(request, account("mailgun"), then)


@pytest.mark.parametrize("hours", [0, 4, 8, 11])
def test_a_retry_may_keep_the_time_of_the_first_try(hours: float) -> None:
    """Eight hours long it comes again."""
    assert mailgun.verify(signed(-hours * 3600.0), account("mailgun"), NOW)


def test_a_time_may_be_written_as_a_number() -> None:
    request = signed()
    written = json.loads(request.body)
    written["signature"]["timestamp"] = int(written["signature"]["timestamp"])
    number = replace(request, body=json.dumps(written).encode())
    assert mailgun.verify(number, account("mailgun"), NOW)


def test_only_200_is_success() -> None:
    assert mailgun.reply(signed()) == HttpResponse(200, {}, b"")


@pytest.mark.parametrize("seconds", [-12 * 3600 - 1, 301])
def test_an_old_signature_is_not_believed(seconds: float) -> None:
    assert mailgun.verify(signed(), account("mailgun"), NOW)
    assert not mailgun.verify(signed(seconds), account("mailgun"), NOW)


def test_another_token_is_not_believed() -> None:
    request = signed()
    body = request.body.replace(b'"token": "token"', b'"token": "taken"')
    assert not mailgun.verify(replace(request, body=body), account("mailgun"), NOW)


def test_without_the_signing_key_nothing_is_believed() -> None:
    deaf = account("mailgun", credentials={"api_key": "key-test"})
    assert not mailgun.verify(signed(), deaf, NOW)


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row["about"])
def test_recorded_events_mean_what_the_table_says(row: dict[str, Any]) -> None:
    (event,) = mailgun.parse_events(signed(**row["event"]))
    assert (event.kind.value, event.code) == (row["kind"], row["code"])
    assert event.is_bot == row.get("machine", False)
    assert (event.delivery_id, event.attempt) == (DELIVERY, 2)
    assert event.address == "ada@example.org"
    assert event.provider_id == f"{DELIVERY}@mg.example.com"
    assert event.at == NOW - timedelta(seconds=1.5)
    assert "ada@example.org" not in event.reason + event.dedupe_key


def test_being_queued_there_is_no_news() -> None:
    assert mailgun.parse_events(signed(event="accepted", id="1")) == []


def test_an_id_counts_for_one_day_and_one_person_only() -> None:
    row = EVENTS[0]["event"]
    rows = [row, {**row, "timestamp": 1.0}, {**row, "recipient": "bob@example.org"}]
    assert len({mailgun.parse_events(signed(**r))[0].dedupe_key for r in rows}) == 3
    assert (
        mailgun.parse_events(signed(token="again", **row))[0].dedupe_key
        == mailgun.parse_events(signed(**row))[0].dedupe_key
    )


@pytest.mark.parametrize("value", [None, "x", 7, [], [1], {"a": 1}, 10**30])
def test_odd_values_do_no_harm(value: Any) -> None:
    for where in EVENTS[3]["event"]:
        event = {**EVENTS[3]["event"], where: value}
        assert len(mailgun.parse_events(signed(**event))) <= 1
