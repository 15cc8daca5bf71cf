from dataclasses import replace
from datetime import UTC, datetime

import pytest

from channels.base import BuildError, Channel
from channels.compose import compose, html_to_text
from channels.messages import (
    EmailMessage,
    InboxMessage,
    PushMessage,
    SmsMessage,
    WebhookMessage,
    WebPushMessage,
)
from tests.channels.samples import envelope


def test_a_push_takes_all_its_parts() -> None:
    parts = {"title": "Hi\n", "body": " there \n", "image": "https://x/i.png", "link": "/o/1\n"}
    parts |= {"sound": "bell", "badge": "3", "data_order": "1", "other": "x"}
    assert compose(Channel.PUSH, envelope(), parts) == PushMessage(
        envelope=envelope(),
        title="Hi",
        body="there",
        image_url="https://x/i.png",
        link="/o/1",
        sound="bell",
        badge=3,
        data={"order": "1"},
    )


def test_a_push_without_words_is_silent() -> None:
    message = compose(Channel.PUSH, envelope(), {"data_sync": "1"})
    assert isinstance(message, PushMessage)
    assert message.silent


@pytest.mark.parametrize("badge", ["many", "-1", "1.5", "²", "1234567890"])
def test_a_badge_that_is_no_number_is_refused(badge: str) -> None:
    with pytest.raises(BuildError):
        compose(Channel.PUSH, envelope(), {"title": "x", "badge": badge})


def test_an_email_subject_is_one_line() -> None:
    message = compose(Channel.EMAIL, envelope(), {"subject": "Your\n  order\n", "text": "Hello"})
    assert message == EmailMessage(envelope(), "Your order", "Hello")


def test_an_email_gets_its_text_from_its_html() -> None:
    message = compose(Channel.EMAIL, envelope(), {"subject": "x", "html": "<p>Hello</p>"})
    assert isinstance(message, EmailMessage)
    assert message.text == "Hello"


def test_an_email_keeps_the_text_it_has() -> None:
    message = compose(Channel.EMAIL, envelope(), {"text": "Plain", "html": "<p>Rich</p>"})
    assert isinstance(message, EmailMessage)
    assert message.text == "Plain"


@pytest.mark.parametrize("part", ["body", "text"])
def test_an_sms_is_its_text(part: str) -> None:
    assert compose(Channel.SMS, envelope(), {part: "Hi\n"}) == SmsMessage(envelope(), "Hi")


def test_an_inbox_message_keeps_its_lines() -> None:
    parts = {"title": "Hi", "body": "one\ntwo", "link": "/x", "data_a": "b"}
    expected = InboxMessage(
        envelope=envelope(), title="Hi", body="one\ntwo", link="/x", data={"a": "b"}
    )
    assert compose(Channel.INBOX, envelope(), parts) == expected


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_has_messages(channel: Channel) -> None:
    parts = {"title": "Hi", "subject": "Hi", "body": "Hello", "text": "Hello", "html": ""}
    assert compose(channel, envelope(), parts).envelope == envelope()


def test_a_web_push_has_pictures_and_a_link() -> None:
    parts = {"title": "Hi\n", "icon": "/i.png", "image": "/p.png", "badge": "/b.png", "link": "/o"}
    message = compose(Channel.WEB_PUSH, envelope(), {**parts, "data_order": "A-1"})
    expected = WebPushMessage(
        envelope=envelope(),
        title="Hi",
        body="",
        icon_url="/i.png",
        image_url="/p.png",
        badge_url="/b.png",
        link="/o",
    )
    assert message == replace(expected, data={"order": "A-1"})


def test_a_webhook_has_an_object_and_single_values() -> None:
    parts = {"event": "order.shipped\n", "json": '{"a": {"b": 1}}', "data_c": "d"}
    message = compose(Channel.WEBHOOK, envelope(), parts)
    assert isinstance(message, WebhookMessage)
    assert (message.event, message.data) == ("order.shipped", {"a": {"b": 1}, "c": "d"})


def test_a_webhook_without_an_event_is_named_after_its_type() -> None:
    message = compose(Channel.WEBHOOK, replace(envelope(), type="order-news"), {"json": "{}"})
    assert isinstance(message, WebhookMessage)
    assert message.event == "order_news"


def test_a_webhooks_time_is_the_notifications_on_every_try() -> None:
    id_ = "019ab3f0-0000-7000-8000-0123456789ab"
    message = compose(Channel.WEBHOOK, replace(envelope(), delivery_id=id_), {})
    assert isinstance(message, WebhookMessage)
    assert message.at == datetime(2025, 11, 24, 3, 37, 21, 664000, tzinfo=UTC)


@pytest.mark.parametrize(
    "parts", [{"json": "[1]"}, {"json": "{"}, {"json": "no"}, {"event": "a b"}, {"event": "a..b"}]
)
def test_a_webhook_that_cannot_be_read_fails_by_itself(parts: dict[str, str]) -> None:
    with pytest.raises(BuildError) as refused:
        compose(Channel.WEBHOOK, envelope(), parts)
    assert refused.value.outcome.code == "bad_part"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Hello <b>big</b> world", "Hello big world"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One<br>Two</p>", "One\nTwo"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("a\n   b\t c", "a b c"),
        ("<h1>Title</h1>\n<div>Text</div>\n<div>More</div>", "Title\n\nText\nMore"),
        ('<a href="https://x.example/o">Order</a>.', "Order (https://x.example/o)."),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<style>p{}</style><script>x()</script><title>t</title><p>Hi</p>", "Hi"),
        ("<p>&lt;b&gt; &amp; &euro;</p>", "<b> & €"),
        ("<tr><td>Total</td><td>$5</td></tr>", "Total $5"),
        ('<img src="x" alt="A box">', "A box"),
        ("<p>Unclosed <b>tag", "Unclosed tag"),
    ],
)
def test_html_becomes_what_a_person_reads(html: str, text: str) -> None:
    assert html_to_text(html) == text
