import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from channels.base import BuildError, HttpResponse, Lane, MessageTooLarge, OutcomeKind
from channels.push import apns
from channels.push import payload as apple
from channels.signatures import es256_jwt
from tests.channels.samples import DELIVERY, NOW, account, envelope, p8, push, recorded


@pytest.mark.parametrize("row", recorded("apns/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = apns.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.repair == row.get("repair", False)
    assert outcome.provider_id == row.get("provider_id", "")
    assert (outcome.dead_since and outcome.dead_since.isoformat()) == row.get("dead_since")


def test_every_reason_of_the_table_was_recorded() -> None:
    assert set(apns.CODES) <= {row["code"] for row in recorded("apns/answers.json")}


def test_the_headers_are_those_apple_asks_for() -> None:
    headers = dict(apns.build(push(), account("apns"), NOW).headers)
    assert headers.pop("authorization").startswith("bearer ey")
    assert headers == {
        "apns-topic": "com.example.shop",
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": str(int((NOW + timedelta(hours=1)).timestamp())),
        "apns-id": str(DELIVERY),
    }


def test_http2_is_required_of_apple_itself() -> None:
    request = apns.build(push(), account("apns"), NOW)
    assert request.http2
    assert request.url == f"https://api.push.apple.com/3/device/{'ab12' * 16}"


def test_the_sandbox_environment_has_its_own_host() -> None:
    settings = {"topic": "x", "environment": "sandbox"}
    request = apns.build(push(), account("apns", settings=settings), NOW)
    assert request.url.startswith("https://api.sandbox.push.apple.com/")


def test_an_unknown_environment_is_a_misconfiguration() -> None:
    with pytest.raises(BuildError) as caught:
        apns.build(push(), account("apns", settings={"topic": "x", "environment": "prod"}), NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


def test_a_token_cannot_leave_its_path_segment() -> None:
    request = apns.build(push("../../x?y#z"), account("apns"), NOW)
    assert request.url.endswith("/3/device/..%2F..%2Fx%3Fy%23z")


def test_a_silent_push_wakes_the_app_at_low_priority() -> None:
    request = apns.build(push(title="", body="", silent=True), account("apns"), NOW)
    assert (request.headers["apns-push-type"], request.headers["apns-priority"]) == (
        "background",
        "5",
    )
    assert json.loads(request.body)["aps"] == {"content-available": 1}


def test_a_campaign_does_not_wake_the_screen_at_once() -> None:
    bulk = push(envelope=envelope("ab", lane=Lane.BULK))
    assert apns.build(bulk, account("apns"), NOW).headers["apns-priority"] == "5"


def test_an_urgent_push_does_not_wait_long() -> None:
    urgent = push(envelope=envelope("ab", lane=Lane.URGENT))
    assert apns.build(urgent, account("apns"), NOW).timeout == 2.0


def test_the_payload_holds_what_the_app_shows() -> None:
    message = push(image_url="https://x/i.png", link="/orders/1", badge=3, data={"order": "1"})
    assert json.loads(apple.payload(message)) == {
        "aps": {
            "alert": {"title": "Order shipped", "body": "It is on its way"},
            "sound": "default",
            "badge": 3,
            "mutable-content": 1,
        },
        "image": "https://x/i.png",
        "url": "/orders/1",
        "order": "1",
        "delivery_id": str(DELIVERY),
    }


def test_custom_data_cannot_replace_what_apple_reads() -> None:
    value = json.loads(apple.payload(push(data={"aps": "x", "delivery_id": "y"})))
    assert value["aps"]["alert"]["title"] == "Order shipped"
    assert value["delivery_id"] == str(DELIVERY)


@pytest.mark.parametrize("letter", ["a", "é", "😀", '"', "👩‍👩‍👧"])
def test_a_long_text_is_shortened_to_4096_bytes(letter: str) -> None:
    body = apple.payload(push(body=letter * 5000))
    text = json.loads(body)["aps"]["alert"]["body"]
    assert 4000 < len(body) <= 4096
    assert text.endswith("…")
    assert text.rstrip("…") == (letter * 5000)[: len(text.rstrip("…"))].rstrip()


def test_data_too_large_to_shorten_is_refused() -> None:
    with pytest.raises(MessageTooLarge) as caught:
        apns.build(push(data={"x": "y" * 4096}), account("apns"), NOW)
    assert caught.value.outcome.kind is OutcomeKind.REJECTED


@pytest.mark.parametrize("key", ["k" * 65, "é" * 33, "line\nbreak", "ключ"])
def test_a_collapse_key_that_does_not_fit_is_hashed(key: str) -> None:
    message = push(envelope=envelope("ab", collapse_key=key))
    sent = apns.build(message, account("apns"), NOW).headers["apns-collapse-id"]
    assert len(sent) == 64
    assert sent.isalnum()


def test_a_short_collapse_key_is_sent_as_it_is() -> None:
    message = push(envelope=envelope("ab", collapse_key="order-1"))
    assert apns.build(message, account("apns"), NOW).headers["apns-collapse-id"] == "order-1"


def test_the_token_is_signed_as_apple_reads_it() -> None:
    token = apns.build(push(), account("apns"), NOW).headers["authorization"].split()[1]
    public = load_pem_private_key(p8().encode(), None).public_key()
    claims = jwt.decode(token, public, algorithms=["ES256"], options={"verify_iat": False})  # type: ignore[arg-type]
    assert claims["iss"] == "DEF123GHIJ"
    assert 0 <= NOW.timestamp() - claims["iat"] < 45 * 60
    assert jwt.get_unverified_header(token)["kid"] == "ABC123DEFG"
    assert len(base64.urlsafe_b64decode(token.split(".")[2] + "==")) == 64


def test_all_tokens_of_45_minutes_are_the_same() -> None:
    start = NOW.timestamp() // 2700 * 2700 - NOW.timestamp()
    moments = [NOW + timedelta(seconds=start + after) for after in (0, 1, 2699, 2700)]
    tokens = []
    for moment in moments:
        es256_jwt.cache_clear()  # as if in another process
        tokens.append(apns.build(push(), account("apns"), moment).headers["authorization"])
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3]


@pytest.mark.parametrize("credentials", [{}, {"key": "x", "key_id": "k", "team_id": "t"}])
def test_an_unreadable_key_is_a_misconfiguration(credentials: dict[str, str]) -> None:
    with pytest.raises(BuildError) as caught:
        apns.build(push(), account("apns", credentials=credentials), NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED
