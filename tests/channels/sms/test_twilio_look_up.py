import json
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.base import HttpResponse, Outcome, OutcomeKind
from channels.protocols import WithLookUp
from channels.sms.twilio import adapter as twilio
from tests.channels.samples import NOW, account, envelope, sms

TRIED_AT = NOW - timedelta(seconds=30)
MESSAGE = sms(envelope=envelope("+15558675310", tried_at=TRIED_AT))


def listed(made_at: datetime = TRIED_AT, **changes: Any) -> HttpResponse:
    item = {
        "sid": "SM1",
        "to": "+15558675310",
        "body": "Your code is 123456",
        "date_created": format_datetime(made_at),
        **changes,
    }
    return HttpResponse(200, {}, json.dumps({"messages": [item]}).encode())


def test_twilio_can_be_asked() -> None:
    assert isinstance(twilio, WithLookUp)


def test_the_question_is_for_the_newest_messages_to_the_number() -> None:
    request = twilio.look_up(MESSAGE, account("twilio"), NOW)
    assert request.method == "GET"
    assert parse_qs(urlsplit(request.url).query) == {
        "To": ["+15558675310"],
        "DateSent>": ["2026-11-21"],
        "PageSize": ["20"],
    }
    assert request.headers["authorization"] == "Basic QUMxMjM6MTIzNDU="


@pytest.mark.parametrize(
    "answer",
    [
        listed(),
        listed(TRIED_AT - timedelta(seconds=5)),  # their clock is behind ours
        listed(body="Sent from your Twilio trial account - Your code is 123456"),
    ],
)
def test_a_message_of_the_same_words_and_time_is_it(answer: HttpResponse) -> None:
    outcome = twilio.found(answer, MESSAGE)
    assert outcome is not None
    assert (outcome.kind, outcome.code, outcome.provider_id) == (
        OutcomeKind.ACCEPTED,
        "found",
        "SM1",
    )


def test_a_message_whose_simulators_twilio_replaced_is_it() -> None:
    ours = replace(MESSAGE, body="It\u2019s here")
    assert twilio.found(listed(body="It's here"), ours)


@pytest.mark.parametrize(
    "answer",
    [
        listed(TRIED_AT - timedelta(minutes=1)),  # yesterday's reminder says the same
        listed(body="Your code is 654321"),
        listed(to="+15550000000"),
        listed(sid=""),
        listed(sid=None),
        listed(body=None),
        listed(date_created="soon"),
        listed(date_created=None),
        HttpResponse(200, {}, b'{"messages": []}'),
        HttpResponse(200, {}, b'{"messages": [1, null, "x"]}'),
        HttpResponse(401, {}, b""),  # may send, but not read
    ],
)
def test_another_message_is_not_it(answer: HttpResponse) -> None:
    assert twilio.found(answer, MESSAGE) is None


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(200, {}, b"<html>"),
        HttpResponse(200, {}, b"[]"),
        HttpResponse(200, {}, listed().body[:-5]),  # cut off
        HttpResponse(429, {}, b""),
        HttpResponse(503, {}, b"<html>"),
    ],
)
def test_an_answer_that_says_nothing_is_asked_again(answer: HttpResponse) -> None:
    outcome = twilio.found(answer, MESSAGE)
    assert isinstance(outcome, Outcome)
    assert outcome.kind is OutcomeKind.RETRY
