"""Whom an SMS through Twilio comes from, how it is written, and what it will cost."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.base import BuildError, HttpRequest, MessageTooLarge
from channels.sms.twilio import adapter as twilio
from tests.channels.samples import NOW, account, envelope, sms

SERVICE = "MG" + "0" * 32
OTHER = "MG" + "1" * 32


def built(settings: dict[str, Any], area: str = "", body: str = "Hello") -> HttpRequest:
    message = sms(envelope=envelope("+43660123456", area=area), body=body)
    return twilio.build(message, account("twilio", settings=settings), NOW)


def form(settings: dict[str, Any], area: str = "", body: str = "Hello") -> dict[str, str]:
    sent = parse_qs(built(settings, area, body).body.decode())
    return {name: values[0] for name, values in sent.items()}


@pytest.mark.parametrize(
    ("area", "name", "value"),
    [
        ("AT", "From", "SHOP"),
        ("GB", "MessagingServiceSid", OTHER),
        ("DE", "MessagingServiceSid", SERVICE),
        ("", "MessagingServiceSid", SERVICE),
    ],
)
def test_the_country_chooses_the_sender(area: str, name: str, value: str) -> None:
    settings = {"from": "+1415", "messaging_service_sid": SERVICE}
    sent = form({**settings, "senders": f"AT=SHOP, GB={OTHER}"}, area)
    assert sent[name] == value
    assert len({"From", "MessagingServiceSid"} & sent.keys()) == 1


def test_a_name_may_begin_like_a_service() -> None:
    assert form({"senders": "AT=MG Shop"}, "AT")["From"] == "MG Shop"


@pytest.mark.parametrize(("body", "units"), [("x" * 160, 1), ("x" * 161, 2), ("ж" * 71, 2)])
def test_the_parts_are_what_is_billed(body: str, units: int) -> None:
    assert built({"from": "+1"}, body=body).units == units


def test_simulators_are_replaced_where_the_account_says_so() -> None:
    body = "It\u2019s here\u2026"
    assert form({"from": "+1"}, body=body)["Body"] == body
    assert form({"from": "+1", "smart_encoding": "on"}, body=body)["Body"] == "It's here..."


def test_a_text_that_is_too_long_once_written_out_is_refused() -> None:
    with pytest.raises(MessageTooLarge):
        form({"from": "+1", "smart_encoding": "on"}, body="\u2026" * 600)


def test_an_api_key_is_used_in_place_of_the_auth_token() -> None:
    keys = {**account("twilio").credentials, "api_key_sid": "SK1", "api_key_secret": "s"}
    request = twilio.build(sms(), account("twilio", credentials=keys), NOW)
    assert request.headers["authorization"] == "Basic U0sxOnM="
    assert "/Accounts/AC123/" in request.url


def test_a_key_alone_does_not_say_whose_messages_these_are() -> None:
    nobody = account("twilio", credentials={"api_key_sid": "SK1", "api_key_secret": "s"})
    with pytest.raises(BuildError):
        twilio.build(sms(), nobody, NOW)
