import json
from typing import Any
from uuid import UUID

import pytest

from tests.channels.sandbox.calls import DEVICE, apns_token, push
from tests.channels.sandbox.conftest import Sandbox, other_p256, received

pytestmark = pytest.mark.django_db


def test_a_good_push_is_taken(sandbox: Sandbox) -> None:
    status, headers, body = push(sandbox.account("apns"))
    assert (status, body) == (200, b"")
    assert headers["apns-id"] == "0192f0c1-2b3c-7d4e-8f50-112233445566"


def test_a_push_without_an_id_gets_one(sandbox: Sandbox) -> None:
    _, headers, _ = push(sandbox.account("apns"), {"apns-id": None})
    assert UUID(headers["apns-id"])


def test_a_person_sees_title_and_body(sandbox: Sandbox) -> None:
    account = sandbox.account("apns")
    push(account)
    row = received(account)
    assert (row.accepted, row.recipient, row.answer) == (True, DEVICE, 200)
    assert (row.message["title"], row.message["body"]) == ("Hello", "World")


def test_the_provider_token_is_not_stored(sandbox: Sandbox) -> None:
    account = sandbox.account("apns")
    token = apns_token()
    push(account, {"authorization": f"bearer {token}"})
    assert "bearer (hidden)" in received(account).raw


BAD = [
    ({"authorization": None}, 403, "MissingProviderToken"),
    ({"authorization": "bearer nonsense"}, 403, "InvalidProviderToken"),
    ({"authorization": lambda: apns_token(kid="OTHER12345")}, 403, "InvalidProviderToken"),
    ({"authorization": lambda: apns_token(iss="OTHER12345")}, 403, "InvalidProviderToken"),
    ({"authorization": lambda: apns_token(key=other_p256())}, 403, "InvalidProviderToken"),
    ({"authorization": lambda: apns_token(age=-900)}, 403, "InvalidProviderToken"),
    ({"authorization": lambda: apns_token(age=3700)}, 403, "ExpiredProviderToken"),
    ({"apns-topic": None}, 400, "MissingTopic"),
    ({"apns-topic": "com.example.other"}, 400, "TopicDisallowed"),
    ({"apns-topic": "not a topic"}, 400, "BadTopic"),
    ({"apns-id": "17"}, 400, "BadMessageId"),
    ({"apns-push-type": "shout"}, 400, "InvalidPushType"),
    ({"apns-priority": "11"}, 400, "BadPriority"),
    ({"apns-push-type": "background", "apns-priority": "10"}, 400, "BadPriority"),
    ({"apns-expiration": "tomorrow"}, 400, "BadExpirationDate"),
    ({"apns-collapse-id": "x" * 65}, 400, "BadCollapseId"),
]


@pytest.mark.parametrize(("headers", "status", "reason"), BAD, ids=range(len(BAD)))
def test_a_bad_header_is_refused_by_its_name(
    sandbox: Sandbox, headers: dict[str, Any], status: int, reason: str
) -> None:
    made = {k: f"bearer {v()}" if callable(v) else v for k, v in headers.items()}
    found, answered, body = push(sandbox.account("apns"), made)
    assert (found, json.loads(body)) == (status, {"reason": reason})
    assert UUID(answered["apns-id"])


WRONG = [
    ({"body": b""}, 400, "PayloadEmpty"),
    ({"body": b"<html>"}, 400, "PayloadEmpty"),
    ({"body": b'{"aps":{"alert":"%s"}}' % (b"x" * 4096)}, 413, "PayloadTooLarge"),
    ({"path": "/3/device/not-hex"}, 400, "BadDeviceToken"),
    ({"path": "/3/device/"}, 400, "MissingDeviceToken"),
    ({"path": "/2/device/ab"}, 404, "BadPath"),
    ({"method": "PUT"}, 405, "MethodNotAllowed"),
]


@pytest.mark.parametrize(("changes", "status", "reason"), WRONG, ids=range(len(WRONG)))
def test_a_bad_request_is_refused_by_its_name(
    sandbox: Sandbox, changes: dict[str, Any], status: int, reason: str
) -> None:
    found, _, body = push(sandbox.account("apns"), **changes)
    assert (found, json.loads(body)["reason"]) == (status, reason)


def test_a_payload_of_4096_bytes_is_taken(sandbox: Sandbox) -> None:
    frame = len(b'{"aps":{"alert":""}}')
    body = b'{"aps":{"alert":"%s"}}' % (b"x" * (4096 - frame))
    assert push(sandbox.account("apns"), body=body)[0] == 200


def test_the_check_that_failed_is_recorded_last(sandbox: Sandbox) -> None:
    account = sandbox.account("apns")
    push(account, {"apns-topic": "com.example.other"})
    last = received(account).checks[-1]
    assert (last["name"], last["passed"]) == ("topic is the team's", False)
