from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage as MimeMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.addresses.signed import Bounce, Signer, read
from channels.base import BuildError, OutcomeKind, SmtpReply
from channels.email.smtp import adapter as smtp
from channels.messages import Attachment, EmailMessage
from tests.channels.samples import DELIVERY, NOW, account, email, envelope, recorded


def mime(message: EmailMessage) -> MimeMessage:
    data = smtp.build(message, account("smtp"), NOW).data
    return message_from_bytes(data, policy=policy.default)


@pytest.mark.parametrize("row", recorded("smtp/replies.json"), ids=lambda row: row["about"])
def test_recorded_replies_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = smtp.classify(SmtpReply(row["code"], row["text"], row["command"]))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["outcome_code"])


def test_every_enhanced_code_of_the_table_was_recorded() -> None:
    assert set(smtp.ENHANCED) <= {row["outcome_code"] for row in recorded("smtp/replies.json")}


def test_the_headers_are_ours_and_those_of_the_message() -> None:
    message = mime(email(reply_to="help@example.com", headers={"List-Id": "<news.example.com>"}))
    headers = {name: str(value) for name, value in message.items()}
    assert headers.pop("Content-Type").startswith("multipart/alternative")
    assert headers == {
        "From": "The Shop <shop@example.com>",
        "To": "ada@example.org",
        "Date": "Sun, 22 Nov 2026 10:00:00 +0000",
        "Message-ID": f"<{DELIVERY}@example.com>",
        "Subject": "Your order",
        "Reply-To": "help@example.com",
        "Auto-Submitted": "auto-generated",
        "List-Id": "<news.example.com>",
        "MIME-Version": "1.0",
    }


def test_bounces_go_to_an_address_that_names_the_try_where_we_take_them() -> None:
    signer = Signer("bounces.example.com", b"key")
    message = email(envelope=envelope("ada@example.org", attempt=5), return_path=signer)

    sender = smtp.build(message, account("smtp"), NOW).sender

    found = read([b"key"], sender, NOW)
    assert isinstance(found, Bounce)
    assert (found.delivery_id, found.account_id, found.attempt) == (DELIVERY, account("smtp").id, 5)
    assert mime(message)["From"] == "The Shop <shop@example.com>"


@pytest.mark.parametrize("base", ["", "a-mailbox-whose-name-is-too-long-for-that@example.com"])
def test_without_such_an_address_bounces_go_to_the_sender(base: str) -> None:
    message = email(return_path=Signer(base, b"key") if base else None)

    assert smtp.build(message, account("smtp"), NOW).sender == "shop@example.com"


def test_an_account_may_keep_its_own_return_path() -> None:
    message = email(return_path=Signer("bounces.example.com", b"key"))
    mine = account("smtp")
    kept = replace(mine, settings={**mine.settings, "return_path": "sender"})

    assert smtp.build(message, kept, NOW).sender == "shop@example.com"


def test_every_try_has_the_same_message_id() -> None:
    again = email(envelope=envelope("ada@example.org", attempt=5))
    assert mime(again)["Message-ID"] == mime(email())["Message-ID"]


def test_text_and_html_are_alternatives_text_first() -> None:
    parts = list(mime(email(text="Grüße", html="<p>Grüße</p>")).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in parts] == ["Grüße", "<p>Grüße</p>"]


def test_without_html_the_message_is_plain() -> None:
    assert mime(email(html="")).get_content_type() == "text/plain"


PDF = Attachment("Rechnung März.pdf", "application/pdf", bytes(range(256)) * 20)


def test_files_follow_the_text() -> None:
    message = mime(email(attachments=(PDF, replace(PDF, name="b.pdf"))))
    assert message.get_content_type() == "multipart/mixed"
    text, first, second = message.iter_parts()
    assert text.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in text.iter_parts()] == ["text/plain", "text/html"]
    assert first.get_content_disposition() == "attachment"
    assert first.get_content_type() == "application/pdf"
    assert first.get_content() == PDF.content
    assert (first.get_filename(), second.get_filename()) == ("Rechnung März.pdf", "b.pdf")


def test_plain_text_with_a_file_has_two_parts() -> None:
    parts = list(mime(email(html="", attachments=(PDF,))).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "application/pdf"]


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "x", "a/b\r\nBcc: c", ""])
def test_a_file_of_a_type_that_cannot_be_enclosed_is_just_bytes(kind: str) -> None:
    odd = replace(PDF, content_type=kind)
    *_, part = mime(email(attachments=(odd,))).iter_parts()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == PDF.content


def test_a_line_break_in_the_name_of_a_file_is_refused() -> None:
    with pytest.raises(BuildError):
        smtp.build(email(attachments=(replace(PDF, name="a\r\nb"),)), account("smtp"), NOW)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@given(NAMES.filter(lambda name: len(name) <= 200), st.binary(max_size=300))
def test_any_file_arrives_as_it_was(name: str, content: bytes) -> None:
    file = Attachment(name, "application/pdf", content)
    data = smtp.build(email(attachments=(file,)), account("smtp"), NOW).data
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    *_, part = message_from_bytes(data, policy=policy.default).iter_parts()
    # Not `get_filename`, which takes a pair of < > for quotes.
    assert part["content-disposition"].params["filename"] == name
    assert part.get_content() == content


def test_a_subject_may_be_in_any_script() -> None:
    data = smtp.build(email(subject="Ваш заказ 📦"), account("smtp"), NOW).data
    assert data.isascii()
    assert message_from_bytes(data, policy=policy.default)["Subject"] == "Ваш заказ 📦"


def test_the_bytes_are_ready_for_any_server() -> None:
    data = smtp.build(email(text="ü" * 5000), account("smtp"), NOW).data
    lines = data.split(b"\r\n")
    assert data.isascii()
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 998


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_arrives_as_it_was(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    data = smtp.build(email(text=text, html=""), account("smtp"), NOW).data
    arrived = message_from_bytes(data).get_payload(decode=True)
    assert isinstance(arrived, bytes)
    assert arrived.decode().replace("\r\n", "\n") == lines


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=300))
def test_any_subject_arrives_as_it_was(subject: str) -> None:
    data = smtp.build(email(subject=subject), account("smtp"), NOW).data
    parsed = message_from_bytes(data)["Subject"]
    assert str(make_header(decode_header(parsed))) == subject


@pytest.mark.parametrize("name", ["Anna & Söhne", 'The "Shop"', "Shop, Inc. <x@y>", ""])
def test_any_sender_name_is_only_a_name(name: str) -> None:
    base = account("smtp")
    named = replace(base, settings={**base.settings, "from_name": name})
    data = smtp.build(email(), named, NOW).data
    [author] = message_from_bytes(data, policy=policy.default)["From"].addresses
    assert (author.display_name, author.addr_spec) == (name, "shop@example.com")


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hi\r\nBcc: everybody@example.org"},
        {"subject": "Hi\nthere"},
        {"reply_to": "a@b.example\r\nX-Evil: 1"},
        {"headers": {"X-Note": "a\rb"}},
        {"headers": {"X-Evil\r\nBcc": "x@example.org"}},
    ],
)
def test_a_line_break_in_a_header_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BuildError) as caught:
        smtp.build(email(**changes), account("smtp"), NOW)
    assert caught.value.outcome.kind is OutcomeKind.REJECTED


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.org", "a@b\r\nc@d.example", "a b@c.example", "jürgen@x.example"],
)
def test_an_address_nobody_can_have_is_a_bad_recipient(address: str) -> None:
    with pytest.raises(BuildError) as caught:
        smtp.build(email(envelope=envelope(address)), account("smtp"), NOW)
    assert caught.value.outcome.kind is OutcomeKind.BAD_RECIPIENT


def test_a_domain_in_another_script_is_sent_in_ascii() -> None:
    send = smtp.build(email(envelope=envelope("ada@bücher.example")), account("smtp"), NOW)
    assert send.recipient == "ada@xn--bcher-kva.example"


def test_an_unusable_sender_is_a_misconfiguration() -> None:
    broken = account("smtp", settings={"from": "nobody", "host": "mail.example.com"})
    with pytest.raises(BuildError) as caught:
        smtp.build(email(), broken, NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


@pytest.mark.parametrize(
    ("endpoint", "settings", "expected"),
    [
        ("", {}, ("mail.example.com", 587, "starttls")),
        ("", {"security": "tls"}, ("mail.example.com", 465, "tls")),
        ("", {"security": "none", "port": "2525"}, ("mail.example.com", 2525, "none")),
        ("smtp://127.0.0.1:8003", {}, ("127.0.0.1", 8003, "none")),
        ("smtps://relay.example", {}, ("relay.example", 465, "tls")),
        ("smtp+starttls://relay.example:2587", {}, ("relay.example", 2587, "starttls")),
    ],
)
def test_the_endpoint_replaces_the_server(
    endpoint: str, settings: dict[str, str], expected: tuple[str, int, str]
) -> None:
    base = account("smtp", endpoint=endpoint)
    send = smtp.build(email(), replace(base, settings={**base.settings, **settings}), NOW)
    assert (send.host, send.port, send.security) == expected


@pytest.mark.parametrize("settings", [{"host": "x", "security": "ssl"}, {"host": "x", "port": "a"}])
def test_an_unusable_server_is_a_misconfiguration(settings: dict[str, str]) -> None:
    with pytest.raises(BuildError) as caught:
        smtp.build(email(), account("smtp", settings=settings), NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


def test_a_password_never_crosses_a_network_in_clear() -> None:
    clear = account("smtp", endpoint="smtp://relay.example:25")
    assert smtp.build(email(), clear, NOW).password == ""
    local = account("smtp", endpoint="smtp://127.0.0.1:8003")
    assert smtp.build(email(), local, NOW).password == "secret"
