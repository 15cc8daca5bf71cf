"""What makes a push more than two lines of text, by Apple's and by Firebase's names."""

import json
from typing import Any

import pytest

from channels.base import BuildError, Lane, MessageTooLarge
from channels.messages import PushMessage
from channels.push import fcm
from channels.push import payload as apple
from tests.channels.samples import NOW, envelope, push

IOS = {
    "thread_id": "orders",
    "category": "ORDER",
    "interruption_level": "time-sensitive",
    "relevance_score": "0.5",
    "target_content_id": "order-7",
    "mutable": "true",
}
ANDROID = {
    "channel_id": "orders",
    "icon": "ic_box",
    "color": "#a1b2c3",
    "tag": "order-7",
    "click_action": "OPEN_ORDER",
    "ticker": "Order",
    "sticky": "true",
    "visibility": "private",
    "notification_priority": "high",
    "ttl": "60",
}
APS = {
    "thread-id": "orders",
    "category": "ORDER",
    "interruption-level": "time-sensitive",
    "relevance-score": 0.5,
    "target-content-id": "order-7",
    "mutable-content": 1,
    "sound": "default",
}


def to_firebase(message: PushMessage) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(fcm.payload(message, NOW))["message"]
    return sent


def test_an_iphone_reads_every_option() -> None:
    aps = json.loads(apple.payload(push(subtitle="Order 7", ios=IOS)))["aps"]
    alert = {"title": "Order shipped", "subtitle": "Order 7", "body": "It is on its way"}
    assert aps == {"alert": alert, **APS}


def test_a_critical_alert_sounds_through_silence() -> None:
    aps = json.loads(apple.payload(push(ios={"interruption_level": "critical"})))["aps"]
    assert aps["sound"] == {"critical": 1, "name": "default", "volume": 1.0}


@pytest.mark.parametrize("sound", ["none", "None", "NONE"])
def test_a_push_may_be_without_a_sound(sound: str) -> None:
    assert "sound" not in json.loads(apple.payload(push(sound=sound)))["aps"]
    sent = to_firebase(push(sound=sound))
    assert "sound" not in sent["android"]["notification"] | sent["apns"]["payload"]["aps"]


def test_a_critical_alert_without_a_sound_has_none() -> None:
    message = push(ios={"interruption_level": "critical"}, sound="none")
    for aps in (json.loads(apple.payload(message)), to_firebase(message)["apns"]["payload"]):
        assert "sound" not in aps["aps"]
        assert aps["aps"]["interruption-level"] == "critical"


def test_an_iphone_reads_the_link_by_one_name_whoever_brings_it() -> None:
    message = push(link="https://shop.example/o/1", image_url="https://shop.example/o.png")
    by_apple = json.loads(apple.payload(message))
    by_firebase = to_firebase(message)["apns"]["payload"]
    for found in (by_apple, by_firebase):
        assert found["url"] == "https://shop.example/o/1"
        assert found["image"] == "https://shop.example/o.png"


def test_a_silent_push_of_firebase_has_its_link_on_an_iphone() -> None:
    message = push(title="", body="", silent=True, link="/sync")
    assert to_firebase(message)["apns"]["payload"] == {
        "url": "/sync",
        "aps": {"content-available": 1},
    }


def test_an_android_phone_reads_every_option() -> None:
    android = to_firebase(push(android=ANDROID))["android"]
    assert android["ttl"] == "60s"
    assert android["notification"] == {
        "channelId": "orders",
        "icon": "ic_box",
        "color": "#a1b2c3",
        "tag": "order-7",
        "clickAction": "OPEN_ORDER",
        "ticker": "Order",
        "sticky": True,
        "visibility": "PRIVATE",
        "notificationPriority": "PRIORITY_HIGH",
        "sound": "default",
    }


def test_an_iphone_behind_firebase_reads_every_option() -> None:
    apns_ = to_firebase(push(subtitle="Order 7", ios=IOS))["apns"]
    alert = {"title": "Order shipped", "subtitle": "Order 7", "body": "It is on its way"}
    assert apns_["payload"]["aps"] == {"alert": alert, **APS}


def test_a_campaign_behind_firebase_does_not_wake_an_iphone() -> None:
    apns_ = to_firebase(push(envelope=envelope("tok", lane=Lane.BULK)))["apns"]
    assert apns_["headers"]["apns-priority"] == "5"


def test_both_copies_of_a_long_text_fit() -> None:
    message = to_firebase(push(subtitle="Order 7", body="é" * 3000))
    body = message["notification"]["body"]
    assert body == message["apns"]["payload"]["aps"]["alert"]["body"]
    assert body.endswith("…")
    assert 2 * len(body.encode()) < 4096


def test_an_option_too_large_to_shorten_is_refused() -> None:
    data = {"x": "y" * 3900}
    options = {"tag": "t" * 250}
    with pytest.raises(MessageTooLarge):
        to_firebase(push(title="", data=data, android=options))


@pytest.mark.parametrize("name", ["from", "message_type", "google.x", "gcm.notification.x"])
def test_a_name_that_firebase_keeps_for_itself_says_so(name: str) -> None:
    with pytest.raises(BuildError, match="Firebase keeps the name"):
        to_firebase(push(data={name: "x"}))


def test_an_installation_id_is_sent_as_one() -> None:
    message = to_firebase(push("cA1b2C3d4E5f6G7h8I9j0K"))
    assert message["fid"] == "cA1b2C3d4E5f6G7h8I9j0K"
    assert "token" not in message


@pytest.mark.parametrize("token", ["tok", "A" * 22, "c" * 23, "cA1b2C3d4E5f6G7h8I9j0:"])
def test_anything_else_is_a_token(token: str) -> None:
    message = to_firebase(push(token))
    assert message["token"] == token
    assert "fid" not in message
