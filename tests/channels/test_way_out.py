"""Marketing carries its way out where a channel has fields for it, and fits all the same."""

import json
from dataclasses import replace
from typing import Any

import pytest

from channels.base import BuildError, Channel, Envelope, HttpRequest, InboxWrite
from channels.compose import compose
from channels.registry import adapter
from channels.sandbox.providers.web_push.browser import decoded, decrypt, private_key
from channels.way_out import WayOut
from tests.channels.samples import NOW, UA_AUTH, UA_PRIVATE, account, message

LINK = "https://notify.example.com"
WAY_OUT = WayOut(f"{LINK}/u/{'u' * 110}", f"{LINK}/p/{'p' * 50}", "Abbestellen", "Einstellungen")
DATA = {"unsubscribe_url": WAY_OUT.unsubscribe_url, "preferences_url": WAY_OUT.preferences_url}
PARTS = {"title": "Offers", "body": "Half price", "json": '{"percent": 50}', "text": "Offers"}
CHANNELS = {
    "apns": Channel.PUSH,
    "fcm": Channel.PUSH,
    "sns_push": Channel.PUSH,
    "vapid": Channel.WEB_PUSH,
    "webhook": Channel.WEBHOOK,
    "slack": Channel.SLACK,
    "inbox": Channel.INBOX,
}


def built(kind: str, **parts: str) -> Any:
    """What the provider is given: its JSON, opened where it is sealed."""
    return said(kind, WAY_OUT, {**PARTS, **parts})


def said(kind: str, way_out: WayOut | None, parts: dict[str, str]) -> Any:
    envelope: Envelope = replace(message(kind).envelope, way_out=way_out)
    made = compose(CHANNELS[kind], envelope, parts)
    sent = adapter(kind).build(made, account(kind), NOW)
    if isinstance(sent, InboxWrite):
        return dict(sent.data)
    assert isinstance(sent, HttpRequest)
    if kind == "vapid":
        opened = decrypt(sent.body, private_key(decoded(UA_PRIVATE)), decoded(UA_AUTH))
        return json.loads(opened)
    if kind == "sns_push":
        return sent.body.decode()
    return json.loads(sent.body)


def test_an_iphones_app_is_given_the_links() -> None:
    assert DATA.items() <= built("apns").items()


def test_an_android_app_is_given_the_links() -> None:
    assert DATA.items() <= built("fcm")["message"]["data"].items()


def test_an_app_behind_sns_is_given_the_links() -> None:
    assert "preferences_url" in built("sns_push")


def test_a_browser_shows_a_button_in_the_readers_language() -> None:
    shown = built("vapid")

    assert shown["actions"] == [{"action": "unsubscribe", "title": "Abbestellen"}]
    assert shown["data"] == DATA


def test_a_webhook_has_the_links_beside_its_data() -> None:
    body = built("webhook")

    assert DATA.items() <= body.items()
    assert body["data"] == {"percent": 50}


def test_an_item_of_the_inbox_carries_the_links() -> None:
    assert built("inbox") == DATA


def test_slack_shows_the_links_after_the_text() -> None:
    assert built("slack")["text"] == (
        f"Offers\n<{WAY_OUT.unsubscribe_url}|Abbestellen>"
        f" · <{WAY_OUT.preferences_url}|Einstellungen>"
    )


def test_slack_shows_the_links_below_the_blocks() -> None:
    divider, context = built("slack", blocks='[{"type": "divider"}]')["blocks"]

    assert divider == {"type": "divider"}
    assert WAY_OUT.preferences_url in context["elements"][0]["text"]


def test_slack_shows_no_link_twice() -> None:
    text = f"Offers, or {WAY_OUT.unsubscribe_url}"

    assert built("slack", text=text)["text"] == text


def test_slack_keeps_a_place_for_the_links() -> None:
    with pytest.raises(BuildError, match="1 to 49"):
        built("slack", blocks=json.dumps([{"type": "divider"}] * 50))


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_other_news_carries_nothing_of_it(kind: str) -> None:
    assert LINK not in json.dumps(said(kind, None, PARTS))


@pytest.mark.parametrize("kind", ["apns", "fcm", "vapid"])
def test_a_long_text_makes_room_for_the_links(kind: str) -> None:
    sent = json.dumps(built(kind, body="x" * 5_000), ensure_ascii=False)

    assert WAY_OUT.unsubscribe_url in sent
    assert "x…" in sent


def test_links_of_the_templates_own_stay() -> None:
    own = "https://shop.example/settings"

    assert built("apns", data_preferences_url=own)["preferences_url"] == own


def test_the_links_are_not_written_to_a_log() -> None:
    assert LINK not in repr(WAY_OUT)
