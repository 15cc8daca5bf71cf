"""What is wrong is named, and nothing is written."""

import re
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifyproj.core.clock import now
from preferences.models import NotificationType
from tests.api.notifications.conftest import ORDER, PATH, Post, order, written
from tests.world import forget_all

NOTHING = (0, 0, 0)
KEY = {"Idempotency-Key": "k-1"}


def later(**words: float) -> str:
    return (now() + timedelta(**words)).isoformat()


def variables(**changed: Any) -> dict[str, Any]:
    return {**ORDER["variables"], **changed}


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown type", {"type": "gossip"}, "type"),
    ("no type", {"type": None}, "type"),
    ("an unknown template", {"template_id": "nothing"}, "template_id"),
    ("an unknown version", {"template_id": "order-confirmation-v9"}, "template_id"),
    ("a missing variable", {"variables": {"order_id": "1", "total": "2"}}, ""),
    ("no variables", {"variables": None}, "variables.total"),
    ("a variable that is null", {"variables": variables(total=None)}, "variables.total"),
    ("variables that are a list", {"variables": ["a"]}, "variables"),
    ("variables that are too large", {"variables": variables(x="y" * 70_000)}, "variables"),
    ("metadata that is too large", {"metadata": {"x": "y" * 5_000}}, "metadata"),
    ("a date in the past", {"scheduled_at": later(minutes=-2)}, "scheduled_at"),
    ("a date without a zone", {"scheduled_at": "2030-01-01T09:00:00"}, "scheduled_at"),
    ("a date more than a year ahead", {"scheduled_at": later(days=367)}, "scheduled_at"),
    ("a date that is none", {"scheduled_at": "tomorrow"}, "scheduled_at"),
    ("a date at the end of time", {"scheduled_at": "9999-12-31T23:59:59-12:00"}, "scheduled_at"),
    ("a date before time", {"scheduled_at": "0001-01-01T00:00:00+14:00"}, "scheduled_at"),
    ("a number for a date", {"scheduled_at": 1_800_000_000}, "scheduled_at"),
    ("an expiry in the past", {"expires_at": later(seconds=-1)}, "expires_at"),
    ("an expiry without a zone", {"expires_at": "2030-01-01T09:00:00"}, "expires_at"),
    ("an expiry after more than a week", {"expires_at": later(days=8)}, "expires_at"),
    (
        "an expiry before the schedule",
        {"scheduled_at": later(hours=2), "expires_at": later(hours=1)},
        "expires_at",
    ),
    ("two expiries", {"expires_at": later(hours=1), "ttl_seconds": 60}, "expires_at"),
    ("no time to live", {"ttl_seconds": 0}, "ttl_seconds"),
    ("a time to live of more than a week", {"ttl_seconds": 604_801}, "ttl_seconds"),
    ("a priority that does not exist", {"priority": "urgent"}, "priority"),
    ("nobody", {"user_id": None}, "user_id"),
    ("somebody and several", {"user_ids": ["user-123"]}, "user_id"),
    ("an empty list of people", {"user_id": None, "user_ids": []}, "user_ids"),
    ("an empty name", {"user_id": ""}, "user_id"),
    ("a name that is a number", {"user_id": 123}, "user_id"),
    (
        "more than a thousand",
        {"user_id": None, "user_ids": [str(n) for n in range(1_001)]},
        "user_ids",
    ),
    ("a channel that does not exist", {"channels": ["pigeon"]}, ""),
    ("a channel the template has no part for", {"channels": ["sms"]}, "channels"),
    ("no channel", {"channels": []}, "channels"),
    ("a collapse key that is too long", {"collapse_key": "x" * 201}, "collapse_key"),
    ("a field that does not exist", {"colour": "red"}, "colour"),
    ("a NUL in a text", {"collapse_key": "a\x00b"}, "body"),
    ("a NUL in a variable", {"variables": variables(total="a\x00b")}, "body"),
]


@pytest.mark.parametrize(
    ("changed", "field"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_is_refused_by_name(post: Post, changed: dict[str, Any], field: str) -> None:
    answer = post(headers=KEY, **changed)

    assert 400 <= answer.status_code < 500
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["message"]
    named = field or next(iter(changed))
    assert any(re.split(r"[.\[]", name)[0] == named.split(".")[0] for name in error["fields"])
    assert named in error["fields"] or "." not in named
    assert written() == NOTHING


def test_every_missing_variable_is_named(post: Post) -> None:
    error = post(variables={"order_id": "1"}).json()["error"]

    assert error["code"] == "missing_variable"
    assert set(error["fields"]) == {"variables.total", "variables.estimated_delivery"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"text"', "body"),
        (b'{"type": "a", "type": }', "body"),
        (b"\xff\xfe", "body"),
        (b'{"type": "\xc3\x28"}', "body"),
        (b'{"collapse_key": "\\ud800"}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"metadata": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, "body"),
        (b'{"ttl_seconds": 1e400}', "body"),
    ],
    ids=str,
)
def test_a_body_that_is_no_json_object_is_refused(api: APIClient, body: bytes, field: str) -> None:
    answer = api.post(PATH, body, content_type="application/json", headers=KEY)

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]
    assert written() == NOTHING


def test_a_body_of_more_than_a_megabyte_is_413(post: Post) -> None:
    answer = post(headers=KEY, metadata={"x": "y" * 1_100_000})

    assert answer.status_code == 413
    assert "body" in answer.json()["error"]["fields"]
    assert written() == NOTHING


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_kind_of_body_is_415(api: APIClient, content_type: str) -> None:
    answer = api.post(PATH, "type=order_confirmed", content_type=content_type)

    assert answer.status_code == 415
    assert "Content-Type" in answer.json()["error"]["fields"]
    assert written() == NOTHING


def test_a_disabled_type_takes_no_requests(post: Post) -> None:
    NotificationType.objects.filter(slug="order_confirmed").update(enabled=False)
    forget_all()

    assert "type" in post().json()["error"]["fields"]


def test_a_key_that_is_too_long_is_refused(post: Post) -> None:
    answer = post(headers={"Idempotency-Key": "k" * 191})

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["error"]["fields"]
    assert written() == NOTHING


def test_names_of_people_may_be_anything_that_is_text(post: Post) -> None:
    odd = ["'; DROP TABLE notification; --", 'a"b\\c{,}', "ünï\u2028cödé 🎉", "NULL", "%s %(id)s"]

    answer = post(user_id=None, user_ids=odd, channels=["inbox"])

    assert answer.status_code == 202
    id_ = answer.json()["id"]
    assert id_
    assert written()[:2] == (1, 5)


def test_a_broken_item_is_named_in_a_batch_too(api: APIClient) -> None:
    body = {"notifications": [order(priority="urgent"), order(colour="red"), order(user_id="")]}

    results = api.post(f"{PATH}/batch", body, format="json", headers=KEY).json()["results"]

    assert [next(iter(result["error"]["fields"])) for result in results] == [
        "priority",
        "colour",
        "user_id",
    ]
    assert written() == NOTHING
