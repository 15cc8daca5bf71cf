"""Reports, read from the counters: folded ones and open increments in one statement, so that they
are never a second late and never count a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection
from psycopg2 import sql

from notifications.analytics.figures import Figures

GroupBy = Literal["hour", "day", "arm", "type", "channel", "account"]

GROUPS: dict[GroupBy, sql.SQL] = {
    "hour": sql.SQL("hour"),
    "day": sql.SQL("date_trunc('day', hour, 'UTC')"),
    "arm": sql.SQL("arm_id"),
    "type": sql.SQL("type_id"),
    "channel": sql.SQL("channel"),
    "account": sql.SQL("account_id"),
}
TOTALS = sql.SQL("""
SELECT {columns}, sum(n)::bigint FROM (
    SELECT hour, arm_id, type_id, channel, account_id, measure, reason, n FROM counter
    WHERE {where}
    UNION ALL
    SELECT hour, arm_id, type_id, channel, account_id, measure, reason, n FROM counter_delta
    WHERE {where}
) t GROUP BY {columns} HAVING sum(n) <> 0 ORDER BY {columns}
""")
CONDITIONS = {
    "since": sql.SQL("hour >= %(since)s"),
    "until": sql.SQL("hour < %(until)s"),
    "arm_ids": sql.SQL("arm_id > 0 AND arm_id = ANY(%(arm_ids)s)"),
    "type_ids": sql.SQL("type_id = ANY(%(type_ids)s)"),
    "channels": sql.SQL("channel = ANY(%(channels)s)"),
    "account_ids": sql.SQL("account_id = ANY(%(account_ids)s)"),
}


@dataclass(frozen=True, slots=True)
class Which:
    """Deliveries created from `since` on and before `until`, whole hours; None: of all."""

    since: datetime | None = None
    until: datetime | None = None
    arm_ids: Sequence[int] | None = None
    type_ids: Sequence[int] | None = None
    channels: Sequence[str] | None = None
    account_ids: Sequence[int] | None = None

    def params(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in CONDITIONS}
        return {
            name: value if isinstance(value, datetime) else list(value)
            for name, value in named.items()
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class Group:
    """`key`: a value for each of the groups asked for, in their order."""

    key: tuple[Any, ...]
    figures: Figures


def totals(which: Which, group_by: Sequence[GroupBy] = ()) -> list[Group]:
    """In the order of the key. Rows by account have no `created`: a delivery belongs to no account
    until its first attempt."""
    params = which.params()
    conditions = [CONDITIONS[name] for name in params] or [sql.SQL("true")]
    columns = [*(GROUPS[name] for name in group_by), sql.SQL("measure"), sql.SQL("reason")]
    where = sql.SQL(" AND ").join(conditions)
    query = TOTALS.format(columns=sql.SQL(", ").join(columns), where=where)
    counts: dict[tuple[Any, ...], dict[tuple[int, str], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        for *key, measure, reason, n in cursor.fetchall():
            counts.setdefault(tuple(key), {})[measure, reason] = n
    return [Group(key, Figures(found)) for key, found in counts.items()]


def by_arm(arm_ids: Sequence[int]) -> dict[int, Figures]:
    """Every arm that was asked for, also one of which nothing is known yet."""
    found = {group.key[0]: group.figures for group in totals(Which(arm_ids=arm_ids), ["arm"])}
    return {arm_id: found.get(arm_id, Figures({})) for arm_id in arm_ids}
