import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.base import BuildError, HttpResponse, Lane, MessageTooLarge
from channels.push import onesignal
from tests.channels.samples import DELIVERY, NOW, account, envelope, push, recorded


def sent(**changes: Any) -> dict[str, Any]:
    message = push("ada", **changes)
    found: dict[str, Any] = json.loads(onesignal.build(message, account("onesignal"), NOW).body)
    return found


@pytest.mark.parametrize("row", recorded("onesignal/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = onesignal.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_the_request_names_the_person_and_is_repeatable() -> None:
    request = onesignal.build(push("ada"), account("onesignal"), NOW)
    assert request.url == "https://api.onesignal.com/notifications?c=push"
    assert request.headers["authorization"] == "Key os_v2_app_secret"
    assert onesignal.REPEATABLE
    assert sent() == {
        "app_id": "8250eaf6-1a58-489e-b136-7c74a864b434",
        "include_aliases": {"external_id": ["ada"]},
        "target_channel": "push",
        "idempotency_key": str(DELIVERY),
        "data": {"delivery": str(DELIVERY)},
        "ttl": 3600,
        "priority": 10,
        "contents": {"en": "It is on its way"},
        "headings": {"en": "Order shipped"},
    }


def test_what_is_silent_shows_nothing() -> None:
    found = sent(silent=True)
    assert found["content_available"] is True
    assert "contents" not in found


def test_a_title_alone_is_the_text() -> None:
    assert sent(body="")["contents"] == {"en": "Order shipped"}


def test_bulk_may_wait_and_replaces_what_it_supersedes() -> None:
    to = envelope("ada", lane=Lane.BULK, collapse_key="order-1")
    found = sent(envelope=replace(to, expires_at=NOW + timedelta(days=99)))
    assert (found["priority"], found["collapse_id"], found["ttl"]) == (5, "order-1", 2_419_200)


def test_too_much_data_is_said_before_sending() -> None:
    with pytest.raises(MessageTooLarge):
        sent(data={"x": "y" * 2_048})


@pytest.mark.parametrize("changes", [{"credentials": {}}, {"settings": {}}])
def test_missing_settings_are_a_misconfiguration(changes: dict[str, Any]) -> None:
    with pytest.raises(BuildError) as caught:
        onesignal.build(push("ada"), account("onesignal", **changes), NOW)
    assert caught.value.outcome.kind.name == "MISCONFIGURED"


def test_an_external_id_has_128_characters_at_most() -> None:
    assert onesignal.address_problem("a" * 128) == ""
    assert onesignal.address_problem("a" * 129)
