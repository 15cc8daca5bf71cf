"""Figures as rows of a report: for JSON as a struct, for CSV as a line. Pure."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

from msgspec import Struct, structs

from notifications.analytics.figures import Figures
from notifications.statuses import State


class LatencyView(Struct):
    """Milliseconds from when a message was ready until its provider accepted it."""

    p50: float | None
    p95: float | None
    p99: float | None


class ReportRow(Struct, kw_only=True):
    """`created` is the sum of `sent` to `waiting`; `created` and `waiting` are null in a report by
    account, as a delivery has no account before its first attempt. `delivered` includes `opened`,
    which includes `clicked`."""

    group: dict[str, Any]
    created: int | None
    sent: int
    failed: int
    skipped: int
    expired: int
    cancelled: int
    uncertain: int
    waiting: int | None
    delivered: int
    opened: int
    clicked: int
    bounced: int
    undelivered: int
    complained: int
    unsubscribed: int
    cost_micros: int
    latency_ms: LatencyView
    skipped_by_reason: dict[str, int]
    failed_by_reason: dict[str, int]


NESTED = ("group", "latency_ms", "skipped_by_reason", "failed_by_reason")
PLAIN = [name for name in ReportRow.__struct_fields__ if name not in NESTED]
LATENCIES = list(LatencyView.__struct_fields__)


def row(group: Mapping[str, Any], figures: Figures, *, of_accounts: bool) -> ReportRow:
    """Returns one row of a report; by account, what no account is counted for is null."""
    funnel, latency = figures.funnel(), figures.latency()
    law = asdict(figures.law())
    if of_accounts:
        law |= {"created": None, "waiting": None}
    return ReportRow(
        group=dict(group),
        **law,
        delivered=funnel.delivered,
        opened=funnel.opened,
        clicked=funnel.clicked,
        bounced=figures.bounced,
        undelivered=figures.undelivered,
        complained=figures.complained,
        unsubscribed=figures.unsubscribed,
        cost_micros=figures.cost_micros,
        latency_ms=LatencyView(*map(_rounded, (latency.p50, latency.p95, latency.p99))),
        skipped_by_reason=figures.reasons(State.SKIPPED),
        failed_by_reason=figures.reasons(State.FAILED),
    )


def as_csv(rows: Iterable[ReportRow], groups: Sequence[str]) -> str:
    """A column a group and a figure; reasons as `code=n` with spaces between them."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    latencies = [f"latency_{name}_ms" for name in LATENCIES]
    writer.writerow([*groups, *PLAIN, *latencies, "skipped_by_reason", "failed_by_reason"])
    writer.writerows([*_cells(one, groups)] for one in rows)
    return out.getvalue()


def _cells(one: ReportRow, groups: Sequence[str]) -> Iterator[Any]:
    values = structs.asdict(one)
    yield from (one.group[name] for name in groups)
    yield from (values[name] for name in PLAIN)
    yield from structs.asdict(one.latency_ms).values()
    for reasons in (one.skipped_by_reason, one.failed_by_reason):
        yield " ".join(f"{reason}={n}" for reason, n in reasons.items())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
