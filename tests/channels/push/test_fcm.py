import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from channels.base import (
    BuildError,
    HttpResponse,
    Lane,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
    Token,
)
from channels.messages import PushMessage
from channels.push import fcm
from tests.channels.samples import (
    DELIVERY,
    FIXTURES,
    NOW,
    account,
    envelope,
    push,
    recorded,
    service_account,
)


def sent(message: PushMessage) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(fcm.build(message, account("fcm"), NOW).body)
    return value


@pytest.mark.parametrize("row", recorded("fcm/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = fcm.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.repair == row.get("repair", False)
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    assert set(fcm.CODES) <= {row["code"] for row in recorded("fcm/answers.json")}


def test_the_request_goes_to_the_project_and_needs_a_token() -> None:
    request = fcm.build(push(), account("fcm"), NOW)
    assert request.url == "https://fcm.googleapis.com/v1/projects/demo/messages:send"
    assert request.needs_token
    assert "authorization" not in request.headers


def test_the_message_holds_what_the_phone_shows() -> None:
    message = push("tok", link="/orders/1", image_url="https://x/i.png", badge=2, data={"a": "b"})
    assert sent(message) == {
        "message": {
            "token": "tok",
            "notification": {
                "title": "Order shipped",
                "body": "It is on its way",
                "image": "https://x/i.png",
            },
            "data": {"a": "b", "link": "/orders/1", "delivery_id": str(DELIVERY)},
            "android": {
                "priority": "HIGH",
                "ttl": "3600s",
                "notification": {"sound": "default", "notificationCount": 2},
            },
            "apns": {
                "headers": {
                    "apns-expiration": str(int((NOW + timedelta(hours=1)).timestamp())),
                },
                "payload": {
                    "url": "/orders/1",
                    "image": "https://x/i.png",
                    "aps": {"sound": "default", "badge": 2, "mutable-content": 1},
                },
            },
        },
        "validate_only": False,
    }


def test_a_silent_push_is_data_only() -> None:
    message = sent(push(title="", body="", silent=True))["message"]
    assert "notification" not in message
    assert message["android"] == {"priority": "NORMAL", "ttl": "3600s"}
    assert message["apns"]["headers"]["apns-priority"] == "5"


def test_a_campaign_goes_at_normal_priority() -> None:
    message = push(envelope=envelope("tok", lane=Lane.BULK))
    assert sent(message)["message"]["android"]["priority"] == "NORMAL"


def test_a_collapse_key_replaces_on_every_platform() -> None:
    message = sent(push(envelope=envelope("tok", collapse_key="order-1")))["message"]
    assert message["android"]["collapseKey"] == "order-1"
    assert message["android"]["notification"]["tag"] == "order-1"
    assert message["apns"]["headers"]["apns-collapse-id"] == "order-1"


@pytest.mark.parametrize(("hours", "ttl"), [(-1, "0s"), (24 * 90, "2419200s")])
def test_the_time_to_live_stays_within_what_firebase_takes(hours: int, ttl: str) -> None:
    message = push(envelope=envelope("tok", expires_at=NOW + timedelta(hours=hours)))
    assert sent(message)["message"]["android"]["ttl"] == ttl


def test_a_long_text_is_shortened_to_4096_bytes_of_keys_and_values() -> None:
    message = sent(push(body="é" * 5000, data={"a": "b"}))["message"]
    texts = (*message["data"], *message["data"].values(), *message["notification"].values())
    assert 4080 < sum(len(text.encode()) for text in texts) <= 4096
    assert message["notification"]["body"].endswith("…")


def test_data_too_large_to_shorten_is_refused() -> None:
    with pytest.raises(MessageTooLarge):
        fcm.build(push(data={"x": "y" * 4096}), account("fcm"), NOW)


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"private_key": "x"}', "[]"])
def test_an_unreadable_service_account_is_a_misconfiguration(text: str) -> None:
    with pytest.raises(BuildError) as caught:
        fcm.build(push(), account("fcm", credentials={"service_account": text}), NOW)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


def test_the_token_request_is_an_assertion_google_can_check() -> None:
    request = fcm.token_request(account("fcm"), NOW)
    form = parse_qs(request.body.decode())
    key = load_pem_private_key(json.loads(service_account())["private_key"].encode(), None)
    claims = jwt.decode(
        form["assertion"][0],
        key.public_key(),  # type: ignore[arg-type]
        algorithms=["RS256"],
        audience="https://oauth2.googleapis.com/token",
        options={"verify_iat": False, "verify_exp": False},
    )
    assert request.url == "https://oauth2.googleapis.com/token"
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
    assert claims["exp"] - claims["iat"] == 3600


def test_the_token_endpoint_follows_the_accounts() -> None:
    request = fcm.token_request(account("fcm", endpoint="http://127.0.0.1:8002/fcm"), NOW)
    assert request.url == "http://127.0.0.1:8002/fcm/token"


def test_a_token_is_read_with_its_lifetime() -> None:
    body = (FIXTURES / "fcm/token.json").read_bytes()
    expected = Token("ya29.c.recorded-and-long-expired", 3599.0)
    assert fcm.parse_token(HttpResponse(200, {}, body)) == expected


def test_a_refused_service_account_is_a_misconfiguration() -> None:
    body = (FIXTURES / "fcm/token_refused.json").read_bytes()
    outcome = fcm.parse_token(HttpResponse(400, {}, body))
    assert isinstance(outcome, Outcome)
    assert outcome.kind is OutcomeKind.MISCONFIGURED


@pytest.mark.parametrize("status", [200, 429, 500, 502, 503])
def test_a_token_service_in_trouble_is_tried_again(status: int) -> None:
    outcome = fcm.parse_token(HttpResponse(status, {}, b"<html>"))
    assert isinstance(outcome, Outcome)
    assert outcome.kind is OutcomeKind.RETRY
