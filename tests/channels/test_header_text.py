"""Text in headers, held against the standard library's parser: in any script, and never raw."""

import json
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import BuildError, Channel, HttpRequest, OutcomeKind
from channels.email.smtp import adapter as smtp
from channels.messages import Attachment, EmailMessage
from channels.registry import ADAPTERS, adapter
from tests.channels.forms import form_of
from tests.channels.samples import NOW, account, email

KINDS = sorted(kind for kind in ADAPTERS if adapter(kind).CHANNEL is Channel.EMAIL)
TEXTS = {
    "Persian with a joiner": "سفارش شما می\u200cرسد",
    "a family of emoji": "Für euch 👨\u200d👩\u200d👧\u200d👦",
    "soft hyphens": "Donau\u00addampf\u00adschiff",
    "a mark of direction": "\u200fשלום עולם",
    "an embedding": "\u202bمرحبا\u202c!",
    "a byte order mark": "\ufeffHallo",
    "not assigned yet": "neu \U0001fadf \u0378",
    "private use": "\ue000 \U0010ffff",
    "a no-break space": "5\u00a0€",
    "a very long name in Chinese": "上海市浦東新區世紀大道一百號環球金融中心有限公司" * 4,
    "twenty ideographs": "株式会社日本電信電話東京本社営業部第一課御中",
    "what looks encoded": "=?utf-8?B?SGk=?=",
    "the beginning of it": "Is a=?b",
    "quotes and backslashes": 'Die "Perle" \\ am Meer\\',
    "an address": "Shop, Inc. <x@y.example>",
    "dots": "St. Mary's (Ltd.); Co: @home",
    "long and plain": "The Honourable Society of " * 6 + "Weavers",
}
WORD = re.compile(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")


def built(message: EmailMessage, name: str = "The Shop") -> bytes:
    base = account("smtp")
    return smtp.build(
        message, replace(base, settings={**base.settings, "from_name": name}), NOW
    ).data


def head(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0]


def read(value: Any) -> str:
    return str(make_header(decode_header(str(value))))


def assert_rfc_2047(data: bytes) -> None:
    """Encoded words of at most 75 characters, in lines of at most 76, each of whole characters."""
    assert data.isascii()
    for line in data.split(b"\r\n"):
        assert len(line) <= (76 if b"=?" in line else 998), line
        for word in re.findall(rb"=\?[^ ]+\?=", line):
            assert len(word) <= 75
            decode_header(word.decode())[0][0].decode()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_subject_is_read_as_it_was_written(text: str) -> None:
    data = built(email(subject=text))
    assert_rfc_2047(head(data))
    assert read(message_from_bytes(data)["Subject"]) == text
    assert message_from_bytes(data, policy=policy.default)["Subject"] == text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_sender_name_is_read_as_it_was_written(text: str) -> None:
    data = built(email(), text)
    assert_rfc_2047(head(data))
    [author] = message_from_bytes(data, policy=policy.default)["From"].addresses
    assert author.addr_spec == "shop@example.com"
    assert author.display_name.replace(" ", "") == text.replace(" ", "")  # see below
    shown = message_from_bytes(data)["From"].replace("\r\n", "").rpartition(" <")[0]
    if shown.startswith('"'):
        shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
    assert read(shown) == text  # its policy keeps the space between two words of a name


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_name_of_a_file_is_read_as_it_was_written(text: str) -> None:
    name = f"{text}.pdf"
    data = built(email(attachments=(Attachment(name, "application/pdf", b"%PDF"),)))
    assert data.isascii()
    *_, part = message_from_bytes(data, policy=policy.default).iter_parts()
    assert part.get_filename() == name
    assert part.get_content() == b"%PDF"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_adapter_takes_every_text(kind: str, text: str) -> None:
    base = account(kind)
    named = replace(base, settings={**base.settings, "from_name": text})
    file = Attachment(f"{text}.pdf", "application/pdf", b"%PDF")
    message = email(
        subject=text, reply_to=f'"{_escaped(text)}" <help@shop.example>', attachments=(file,)
    )
    assert adapter(kind).build(message, named, NOW)


@pytest.mark.parametrize("kind", ["ses", "mailgun"])
def test_an_api_gets_a_sender_name_in_encoded_words_of_75_characters(kind: str) -> None:
    base = account(kind)
    name = TEXTS["a very long name in Chinese"]
    named = replace(base, settings={**base.settings, "from_name": name})
    request = adapter(kind).build(email(), named, NOW)
    assert isinstance(request, HttpRequest)
    if kind == "ses":
        author = json.loads(request.body)["FromEmailAddress"]
    else:
        [author] = form_of(request)["from"]
    words, _, address = author.rpartition(" ")
    assert max(map(len, words.split(" "))) <= 75
    assert (read(words), address[-1]) == (name, ">")


@pytest.mark.parametrize(("letters", "words"), [(21, 1), (22, 2), (43, 2), (44, 3)])
def test_a_name_goes_into_as_few_words_as_it_fits(letters: int, words: int) -> None:
    assert len(WORD.findall(head(built(email(), "é" * letters)))) == words


@pytest.mark.parametrize("n", range(30, 60))
def test_no_character_is_cut_in_two_wherever_a_word_ends(n: int) -> None:
    text = "a" * n + "👩\u200d🚀漢é" * 9
    data = built(email(subject=text), text)
    assert_rfc_2047(head(data))
    assert read(message_from_bytes(data)["Subject"]) == text


@pytest.mark.parametrize(("text", "read_as"), [("a\ud83db", "a\ufffdb"), ("\ud83d\ude00", "😀")])
@pytest.mark.parametrize("kind", KINDS)
def test_half_a_character_does_not_stop_the_message(kind: str, text: str, read_as: str) -> None:
    base = account(kind)
    named = replace(base, settings={**base.settings, "from_name": text})
    file = Attachment(text, "application/pdf", b"%PDF")
    message = email(subject=text, text=text, html=text, attachments=(file,))
    assert adapter(kind).build(message, named, NOW)
    assert read(message_from_bytes(built(message))["Subject"]) == read_as


CONTROLS = [
    "\r",
    "\n",
    "\r\n",
    "\0",
    "\t",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize("kind", KINDS)
def test_controls_and_line_breaks_are_refused(kind: str, control: str) -> None:
    text = f"Hi{control}Bcc: x@y.example"
    base = account(kind)
    named = replace(base, settings={**base.settings, "from_name": text})
    wrong = [(email(subject=text), base), (email(reply_to=f"{text} <a@b.example>"), base)]
    wrong += [(email(headers={"X-Note": text}), base)]
    wrong += [(email(attachments=(Attachment(text, "application/pdf", b"%PDF"),)), base)]
    for message, by in wrong:
        with pytest.raises(BuildError) as caught:
            adapter(kind).build(message, by, NOW)
        assert caught.value.outcome.kind is OutcomeKind.REJECTED
    with pytest.raises(BuildError) as caught:
        adapter(kind).build(email(), named, NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=300),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=200),
)
def test_any_text_without_controls_goes_out_and_comes_back(subject: str, name: str) -> None:
    data = built(email(subject=subject, headers={"X-Note": subject}), name)
    assert_rfc_2047(head(data))
    message = message_from_bytes(data)
    assert read(message["Subject"]) == subject
    [author] = message_from_bytes(data, policy=policy.default)["From"].addresses
    assert author.addr_spec == "shop@example.com"


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_of_our_own_may_be_in_any_script(kind: str) -> None:
    message = email(headers={"X-Campaign": "Frühling\u200c 🌷"})
    request = adapter(kind).build(message, account(kind), NOW)
    sent = request.data if kind == "smtp" else request.body  # type: ignore[union-attr]
    assert b"=?utf-8?b?" in sent


def test_a_message_cannot_replace_the_headers_that_are_ours() -> None:
    message = email(headers={"From": "x@evil.example", "bcc": "y@evil.example", "Date": "now"})
    assert b"evil" not in built(message)


@pytest.mark.parametrize("kind", KINDS)
def test_every_adapter_says_that_no_person_wrote_it(kind: str) -> None:
    sent = _sent(kind, email())
    assert sent.count("auto-generated") == 1
    quiet = email(headers={"Auto-Submitted": ""})
    assert "auto-generated" not in _sent(kind, quiet)


def _sent(kind: str, message: EmailMessage) -> str:
    request = adapter(kind).build(message, account(kind), NOW)
    return (request.data if kind == "smtp" else request.body).decode()  # type: ignore[union-attr]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
