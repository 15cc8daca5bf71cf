"""GET /api/v1/reports: what became of messages, in numbers."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from notifications.api import report_rows
from notifications.counters import table as counters
from notifications.counters.cells import COST, CREATED, OUTCOME, Cell, latency
from notifications.statuses import ProviderOutcome, State
from preferences.models import NotificationType
from tests.api.conftest import ClientWith
from tests.world import forget_all

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
SPAN = {"since": "2026-11-20T09:00:00Z", "until": "2026-11-20T12:00:00Z"}


@pytest.fixture
def account(db: None) -> ProviderAccount:
    settings = {"from": "+15005550006"}
    credentials = {"account_sid": "AC123", "auth_token": "x"}
    return account_upsert(
        slug="sms-1", channel="sms", kind="twilio", credentials=credentials, settings=settings
    )


@pytest.fixture
def counted(account: ProviderAccount) -> None:
    """Three orders: one delivered, one skipped, one waits. And a text of an hour later."""
    order = NotificationType.objects.create(slug="order", name="Order", channels=["push"])
    forget_all()
    hour = int(NINE.timestamp()) // 3600
    push = Cell(
        hour=hour, arm_id=0, type_id=order.pk, channel="push", account_id=0, measure=CREATED
    )
    tried = Cell(
        hour=hour + 1,
        arm_id=0,
        type_id=order.pk,
        channel="sms",
        account_id=account.pk,
        measure=State.SENT,
    )
    counters.insert(
        {
            push: 3,
            push._replace(measure=State.SENT): 1,
            push._replace(measure=OUTCOME + ProviderOutcome.DELIVERED): 1,
            push._replace(measure=State.SKIPPED, reason="unsubscribed"): 1,
            tried._replace(account_id=0, measure=CREATED): 1,
            tried: 1,
            tried._replace(measure=COST): 7_500,
            tried._replace(measure=latency(1, 60)): 1,
        }
    )


@pytest.fixture
def reader(client_with: ClientWith, counted: None) -> Client:
    return client_with("read")


def ask(reader: Client, **query: str) -> Any:
    response = reader.get("/api/v1/reports", SPAN | query)
    assert response.status_code == 200, response.content
    return response.json()


def refused(reader: Client, **query: str) -> list[str]:
    """Which fields it is refused for."""
    response = reader.get("/api/v1/reports", SPAN | query)
    assert response.status_code == 400
    return list(response.json()["error"]["fields"])


def test_without_groups_it_is_one_row(reader: Client) -> None:
    body = ask(reader)

    (row,) = body["rows"]
    assert row["group"] == {}
    assert (row["created"], row["sent"], row["skipped"], row["waiting"]) == (4, 2, 1, 1)
    assert (row["delivered"], row["cost_micros"]) == (1, 7_500)
    assert row["skipped_by_reason"] == {"unsubscribed": 1}
    assert row["latency_ms"] == {"p50": 62.5, "p95": 73.8, "p99": 74.8}


def test_groups_are_named_as_outside(reader: Client) -> None:
    rows = ask(reader, group_by="channel,hour,type")["rows"]

    assert [row["group"] for row in rows] == [
        {"hour": "2026-11-20T09:00:00Z", "type": "order", "channel": "push"},
        {"hour": "2026-11-20T10:00:00Z", "type": "order", "channel": "sms"},
    ]


def test_by_account_nobody_knows_what_was_created(reader: Client) -> None:
    rows = {row["group"]["account"]: row for row in ask(reader, group_by="account")["rows"]}

    assert set(rows) == {None, "sms-1"}
    assert (rows["sms-1"]["sent"], rows["sms-1"]["created"], rows["sms-1"]["waiting"]) == (
        1,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"channel": "sms"}, 1),
        ({"account": "sms-1"}, 1),
        ({"type": "order", "channel": "push,sms"}, 2),
        ({"since": "2026-11-20T09:40:00Z"}, 2),  # from the whole hour on
        ({"until": "2026-11-20T09:40:00Z"}, 1),
    ],
)
def test_what_is_asked_for_is_what_is_counted(
    reader: Client, query: dict[str, str], sent: int
) -> None:
    assert ask(reader, **query)["rows"][0]["sent"] == sent


def test_of_a_campaign_without_messages_there_is_nothing(reader: Client) -> None:
    assert ask(reader, campaign="4711")["rows"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"group_by": "colour"}, "group_by"),
        ({"type": "nothing"}, "type"),
        ({"channel": "pigeon"}, "channel"),
        ({"account": "nobody"}, "account"),
        ({"arm": "x"}, "arm"),
        ({"campaign": "9" * 19}, "campaign"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-20T13:00:00Z"}, "since"),
        ({"since": "2026-10-01T00:00:00Z", "group_by": "hour"}, "since"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_its_field(
    reader: Client, query: dict[str, str], field: str
) -> None:
    assert refused(reader, **query) == [field]


def test_a_report_that_is_too_long_is_refused(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_rows, "MOST_ROWS", 1)

    assert refused(reader, group_by="channel") == ["group_by"]


def test_the_csv_has_a_line_a_group(reader: Client) -> None:
    response = reader.get("/api/v1/reports.csv", SPAN | {"group_by": "channel"})

    lines = list(csv.DictReader(StringIO(response.content.decode())))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert [(line["channel"], line["created"], line["sent"]) for line in lines] == [
        ("push", "3", "1"),
        ("sms", "1", "1"),
    ]
    assert lines[0]["skipped_by_reason"] == "unsubscribed=1"
    assert (lines[0]["latency_p50_ms"], lines[1]["latency_p50_ms"]) == ("", "62.5")


def test_it_takes_the_scope_to_read(client_with: ClientWith, counted: None) -> None:
    for path in ("/api/v1/reports", "/api/v1/reports.csv"):
        assert client_with("send").get(path).status_code == 403
