import pytest

from channels.base import BuildError, OutcomeKind
from channels.sms.senders import sender
from tests.channels.samples import account

SENDERS = "US=+14155550100, at = Shop ,GB=447700900000"


@pytest.mark.parametrize(
    ("area", "expected"), [("US", "+14155550100"), ("AT", "Shop"), ("DE", ""), ("", "")]
)
def test_the_country_chooses_the_sender(area: str, expected: str) -> None:
    assert sender(account("twilio", settings={"senders": SENDERS}), area) == expected


def test_senders_may_be_an_object() -> None:
    assert sender(account("twilio", settings={"senders": {"AT": "Shop"}}), "AT") == "Shop"


@pytest.mark.parametrize("text", ["AT", "AT=", "Austria=Shop", "AT=Shop; DE=Laden=x", "AT=Shop,,"])
def test_senders_that_cannot_be_read_are_a_misconfiguration(text: str) -> None:
    with pytest.raises(BuildError) as caught:
        sender(account("twilio", settings={"senders": text}), "AT")
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED
