"""The lists stay fast however large the tables: proven by the plans of their own statements."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.partitions import ensure_partitions
from notifyproj.core.admin import log_lists
from notifyproj.core.clock import now

pytestmark = pytest.mark.django_db

# Ids as the platform makes them, spread over the last two days.
ID = """
overlay(lpad(to_hex({start} + n * 800), 12, '0') || '7000800' || lpad(to_hex(n), 13, '0')
        placing '7' from 13)::uuid
"""
DELIVERIES = """
INSERT INTO delivery (id, notification_id, recipient_id, channel, type_id, template_version_id,
    lane, state, reason, expires_at, settled_at, ready_at, account_id)
SELECT {id}, {id}, n, 'email', 1, 1, 2, 30, '', now(), now(), now(), 1
FROM generate_series(1, 200000) n
"""
NOTIFICATIONS = """
INSERT INTO notification (id, service_id, type_id, template_version_id, lane, state, channels,
    recipient_ids, expires_at, variables, content_hash)
SELECT {id}, 1, 1, 1, 2, 20, '{{email}}', ARRAY[n], now(), '', ''
FROM generate_series(1, 50000) n
"""
PEOPLE = """
INSERT INTO recipient (external_id, locale, timezone, attributes, created_at, updated_at)
SELECT 'person-' || n, 'en', 'UTC', '{}', now(), now() FROM generate_series(1, 50000) n
"""
AUDIT = """
INSERT INTO audit_entry (kind, actor, action, model, object_id, label, changes, note)
SELECT 'user', 'somebody', 'changed', 'core.service', n, '', '{}', ''
FROM generate_series(1, 50000) n
"""
SUPPRESSIONS = """
INSERT INTO suppression (channel, address_hash, reason, source, created_at)
SELECT 'email', sha256(n::text::bytea), 'bounce', '', now() FROM generate_series(1, 50000) n
"""
LARGE = ("delivery", "notification", "recipient", "audit_entry", "suppression")
LISTS: dict[str, list[dict[str, Any]]] = {
    "notifications_delivery": [
        {},
        {"state": "failed"},
        {"state": "failed", "channel": "sms", "account": "inbox"},
        {"reason": "no_account", "lane": "bulk", "type": "offers"},
        {"outcome": "bounced"},
        {"slow": "5"},
        {"arm": "7"},
        {"since": "2h", "state": "failed"},
        {"until": "1d", "state": "failed"},
        {"q": "0190a5b2-0000-7000-8000-000000000000"},
        {"q": "person-77"},
    ],
    "notifications_notification": [{}, {"state": "scheduled"}, {"q": "person-77"}],
    "preferences_recipient": [{}, {"q": "person-77"}],
    "core_auditentry": [{}, {"action": "deleted"}, {"actor": "nobody"}, {"since": "2h"}],
    "preferences_suppression": [{}, {"channel": "sms"}],
}


@pytest.fixture(scope="module", autouse=True)
def left_as_found(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Dead rows and what ANALYZE found stay when a transaction is rolled back: the first slow down
    and the second mislead who comes next."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(LARGE)}")


@pytest.fixture
def crowded(db: None) -> Client:
    ensure_partitions(now().date())
    start = now() - timedelta(milliseconds=200_000 * 800 + 1000)
    milliseconds = int(max(start, _yesterday()).timestamp() * 1000)
    id_ = ID.format(start=milliseconds)
    with connection.cursor() as cursor:
        for text in (DELIVERIES, NOTIFICATIONS):
            cursor.execute(text.format(id=id_))
        for text in (PEOPLE, AUDIT, SUPPRESSIONS):
            cursor.execute(text)
        cursor.execute(f"ANALYZE {', '.join(LARGE)}")
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def _yesterday() -> datetime:
    day = now().date() - timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_no_list_of_a_large_table_is_counted_or_read_through(
    crowded: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_lists, "WINDOWS", (500, 10_000))  # the tables are small, too
    wrong = {}
    for name, filters in LISTS.items():
        for words in filters:
            url = reverse(f"admin:{name}_changelist")
            with CaptureQueriesContext(connection) as asked:
                assert crowded.get(url, words).status_code == 200
            found = [problem for query in asked for problem in problems(query["sql"])]
            if found:
                wrong[f"{name} {words}"] = found
    assert wrong == {}


def problems(sql: str) -> Iterator[str]:
    if not sql.startswith("SELECT") or "set_config" in sql:
        return
    if "COUNT(" in sql.upper():
        yield f"counts: {sql[:200]}"
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
        plan = cursor.fetchone()[0]
    read = re.findall(r'"Seq Scan".*?"Relation Name": "(\w+)"', json.dumps(plan))
    for table in read:
        if table.rstrip("0123456789_") in LARGE and _rows(table) > 1000:
            yield f"reads all of {table}: {sql[:200]}"


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
        return int(cursor.fetchone()[0])
