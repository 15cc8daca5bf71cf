"""One rule for senders and reply addresses, whoever sends."""

import json
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from channels.base import Account, BuildError, Channel, HttpRequest, OutcomeKind, SmtpSend
from channels.compose import compose
from channels.mailbox import InvalidMailbox, mailbox_of, wrong_address, wrong_name
from channels.messages import EmailMessage
from channels.registry import adapter
from tests.channels.forms import form_of
from tests.channels.samples import NOW, account, email, envelope

KINDS = ("smtp", "sendgrid", "ses", "mailgun")
GOOD = {
    "support@shop.example": ("", "support@shop.example"),
    " support@shop.example\n": ("", "support@shop.example"),
    "<support@shop.example>": ("", "support@shop.example"),
    "Support <support@shop.example>": ("Support", "support@shop.example"),
    "Müller Support <support@shop.example>": ("Müller Support", "support@shop.example"),
    "Müller, Anna <a@shop.example>": ("Müller, Anna", "a@shop.example"),
    '"Müller, Anna" <a@shop.example>': ("Müller, Anna", "a@shop.example"),
    '"The \\"Shop\\" \\\\ <x>" <a@shop.example>': ('The "Shop" \\ <x>', "a@shop.example"),
    "دعم می\u200cشود <a@shop.example>": ("دعم می\u200cشود", "a@shop.example"),
    "Hilfe <hilfe@bücher.example>": ("Hilfe", "hilfe@xn--bcher-kva.example"),
    "=?utf-8?b?SGk=?= <a@shop.example>": ("=?utf-8?b?SGk=?=", "a@shop.example"),
    "株式会社日本電信電話東京本社営業部第一課御中担当 <a@shop.example>": (
        "株式会社日本電信電話東京本社営業部第一課御中担当",
        "a@shop.example",
    ),
}
BAD = [
    "not an address",
    "support@",
    "@shop.example",
    "a..b@shop.example",
    "jörg@shop.example",
    "a@-shop.example",
    "a@foo_bar.example",
    "Support support@shop.example",
    "Support <support@shop.example",
    "a@shop.example, b@shop.example",
    "a@shop.example; b@shop.example",
    "A <a@shop.example>, B <b@shop.example>",
    "a@shop.example (work)",
    '"Support <a@shop.example>',
    "Support <>",
    "Support <a@b.example>\r\nBcc: x@y.example",
    "a@shop.example\nX: 1",
    "a\x00@shop.example",
    "a" * 65 + "@shop.example",
    "x" * 600 + " <a@shop.example>",
]


@pytest.mark.parametrize(("text", "found"), GOOD.items())
def test_a_name_and_an_address_are_told_apart(text: str, found: tuple[str, str]) -> None:
    assert mailbox_of(text.strip()) == found


@pytest.mark.parametrize("text", BAD)
def test_what_nobody_could_answer_to_is_refused(text: str) -> None:
    with pytest.raises(InvalidMailbox) as caught:
        mailbox_of(text)
    assert "shop.example" not in str(caught.value)


@pytest.mark.parametrize(("text", "found"), GOOD.items())
@pytest.mark.parametrize("kind", KINDS)
def test_every_adapter_takes_the_same_reply_address(
    kind: str, text: str, found: tuple[str, str]
) -> None:
    assert _answered_to(kind, _composed(text)) == found


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("kind", KINDS)
def test_every_adapter_refuses_the_same_reply_address(kind: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        adapter(kind).build(_composed(text), account(kind), NOW)
    assert caught.value.outcome.kind is OutcomeKind.REJECTED
    assert caught.value.outcome.code in ("bad_address", "bad_header")


@pytest.mark.parametrize("text", ["not an address", "a@-b.example", "Shop <a@b.example>", ""])
@pytest.mark.parametrize("kind", KINDS)
def test_every_adapter_refuses_the_same_sender(kind: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        adapter(kind).build(email(), _named(kind, {"from": text}), NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


@pytest.mark.parametrize("kind", KINDS)
def test_a_sender_of_another_script_is_sent_in_ascii(kind: str) -> None:
    named = _named(kind, {"from": "laden@bücher.example"})
    request = adapter(kind).build(email(), named, NOW)
    sent = request.data if isinstance(request, SmtpSend) else request.body
    assert b"laden@xn--bcher-kva.example" in sent


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_an_account_asks_the_rule_that_sends(kind: str) -> None:
    checks = {field.name: field.check for field in adapter(kind).FIELDS}
    assert checks["from"] is wrong_address
    assert checks["from_name"] is wrong_name


@pytest.mark.parametrize("text", ["Shop", "می\u200cرسد", "👩\u200d🚀", "=?x?=", 'Die "Perle"'])
def test_a_sender_name_may_be_in_any_script(text: str) -> None:
    assert wrong_name(text) == ""


@pytest.mark.parametrize("text", ["a\nb", "a\r\nBcc: x", "a\x00", "a\u2028b", "x" * 201])
def test_a_sender_name_is_one_short_line(text: str) -> None:
    assert wrong_name(text)


def _composed(reply_to: str) -> EmailMessage:
    """As a template's part comes: nothing is made of a line break."""
    parts = {"subject": "s", "text": "t", "reply_to": reply_to}
    message = compose(Channel.EMAIL, envelope("ada@example.org"), parts)
    assert isinstance(message, EmailMessage)
    return message


def _named(kind: str, settings: dict[str, str]) -> Account:
    base = account(kind)
    return replace(base, settings={**base.settings, **settings})


def _answered_to(kind: str, message: EmailMessage) -> tuple[str, str]:
    request = adapter(kind).build(message, account(kind), NOW)
    if isinstance(request, SmtpSend):
        return _read(message_from_bytes(request.data)["Reply-To"])
    assert isinstance(request, HttpRequest)
    if kind == "sendgrid":
        found = json.loads(request.body)["reply_to"]
        return found.get("name", ""), found["email"]
    if kind == "ses":
        return _read(json.loads(request.body)["ReplyToAddresses"][0])
    return _read(form_of(request)["h:Reply-To"][0])


def _read(header: str) -> tuple[str, str]:
    """By the standard library, word by word: its parser of addresses keeps the space between two
    encoded words of a name."""
    if header.startswith("=?"):
        name, _, address = header.replace("\r\n", "").rpartition(" <")
        return str(make_header(decode_header(name))), address.rstrip(">")
    parsed = message_from_bytes(f"To: {header}\r\n\r\n".encode(), policy=policy.default)["To"]
    [found] = parsed.addresses
    return found.display_name, found.addr_spec
