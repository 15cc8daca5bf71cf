"""`/metrics` for Prometheus: accounts, queues, what waits, alerts.

Every number is read from a table that somebody keeps anyway; nothing counts rows of deliveries,
and no process has counters of its own to be added up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from channels.accounts.choose import CLOSED, HALF_OPEN, OPEN
from channels.models import AccountDay, ProviderAccount
from notifications.counters import table as counters
from notifications.counters.cells import LAW_ENDS
from notifications.dispatch import consumers, dispatch
from notifications.queues import ALL, DELIVERY
from notifications.statuses import FINAL, State
from notifyproj.core.clock import now
from notifyproj.core.models import Alert, Scope
from preferences.facts.types import catalogue

DAY = timedelta(days=1)
RESULTS = ("ok", "failed", "throttled", "dead")
MINUTE = """
SELECT account_id, sum(ok), sum(failed), sum(throttled), sum(dead) FROM account_health_delta
WHERE at > now() - interval '1 minute' GROUP BY account_id
"""
WAITING = """
SELECT type_id, channel, sum(CASE measure WHEN 0 THEN n ELSE -n END)::bigint
FROM counter WHERE hour > now() - interval '9 days' AND measure < %s GROUP BY type_id, channel
"""


class AnyAccept(BaseContentNegotiation):
    """There is one format: whatever a scraper says it accepts, it understands this."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class Metrics(APIView):
    required_scope = Scope.READ
    content_negotiation_class = AnyAccept

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(generate_latest(Everything()), CONTENT_TYPE_PLAIN_0_0_4)


class Everything(Collector):
    """What a scrape gets, read anew for each."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for part in (_accounts, _sends, _queues, _consumers, _deliveries, _alerts):
            yield from part()


class Sample(NamedTuple):
    labels: Mapping[str, str]
    value: float


def _gauge(name: str, help: str, samples: Iterable[Sample]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help)
    for sample in samples:
        family.add_sample(name, dict(sample.labels), sample.value)
    return family


def _accounts() -> Iterator[GaugeMetricFamily]:
    rows = list(ProviderAccount.objects.defer("credentials").order_by("slug"))
    yield _gauge(
        "notify_account_enabled",
        "Whether the account is in use at all.",
        [Sample(_of(row), row.enabled) for row in rows],
    )
    yield _gauge(
        "notify_account_held",
        "Whether it is suspended, by the platform for a misconfiguration or by an operator.",
        [
            Sample(_of(row) | {"by": by}, row.held_at is not None and bool(row.held_by) is person)
            for row in rows
            for by, person in (("platform", False), ("operator", True))
        ],
    )
    yield _gauge(
        "notify_account_breaker",
        "1 for the state its circuit breaker is in; one that is forced counts as that.",
        [
            Sample(_of(row) | {"state": state}, (row.breaker_forced or row.breaker) == state)
            for row in rows
            for state in (CLOSED, OPEN, HALF_OPEN)
        ],
    )
    yield _gauge(
        "notify_account_rate_limit",
        "Sends a second it may make now; absent without a limit.",
        [Sample(_of(row), rate) for row in rows if (rate := _rate(row))],
    )
    yield _gauge(
        "notify_account_success_ratio",
        "Of the sends of the last minute; absent when there was none.",
        [Sample(_of(row), row.success_share) for row in rows if row.success_share is not None],
    )
    yield _gauge(
        "notify_account_latency_seconds",
        "Mean time to an answer in the last minute; absent when there was none.",
        [Sample(_of(row), row.latency_ms / 1000) for row in rows if row.latency_ms is not None],
    )
    yield _gauge(
        "notify_account_daily_cap",
        "Sends a day (UTC); absent without a cap.",
        [Sample(_of(row), row.daily_cap) for row in rows if row.daily_cap],
    )


def _of(row: ProviderAccount) -> dict[str, str]:
    return {"account": row.slug, "channel": row.channel, "kind": row.kind}


def _rate(row: ProviderAccount) -> float:
    return row.rate_per_second if row.rate_now is None else row.rate_now


def _sends() -> Iterator[GaugeMetricFamily]:
    slugs = dict(ProviderAccount.objects.values_list("pk", "slug"))
    with connection.cursor() as cursor:
        cursor.execute(MINUTE)
        minute = cursor.fetchall()
    today = AccountDay.objects.filter(day=now().astimezone(UTC).date())
    days = list(today.values_list("account_id", *RESULTS, "cost_micros"))
    yield _gauge(
        "notify_account_sends_last_minute",
        "By result; dead: of the ok ones, the address was refused.",
        _by_result(slugs, minute),
    )
    yield _gauge(
        "notify_account_sends_today", "By result, since midnight UTC.", _by_result(slugs, days)
    )
    yield _gauge(
        "notify_account_cost_today",
        "In the currency the account's costs are written in.",
        [Sample({"account": slugs[day[0]]}, day[-1] / 1e6) for day in days if day[0] in slugs],
    )


def _by_result(slugs: dict[int, str], rows: list[Any]) -> list[Sample]:
    return [
        Sample({"account": slugs[row[0]], "result": result}, n)
        for row in rows
        if row[0] in slugs
        for result, n in zip(RESULTS, row[1:5], strict=True)
    ]


def _queues() -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "notify_queue_backlog",
        "Deliveries in a queue, about; 0 also when Redis is away.",
        [Sample({"queue": queue}, dispatch.backlog(queue)) for queue in DELIVERY],
    )
    yield _gauge(
        "notify_queue_limit",
        "Deliveries above which the sweep lets rows wait in the database instead.",
        [Sample({"queue": queue}, dispatch.limit(queue)) for queue in DELIVERY],
    )


def _consumers() -> Iterator[GaugeMetricFamily]:
    silent = consumers.silent()
    yield _gauge(
        "notify_queue_consumed",
        "Whether somebody took from the queue in the last half minute; absent without Redis.",
        [] if silent is None else [Sample({"queue": each}, each not in silent) for each in ALL],
    )


def _deliveries() -> Iterator[GaugeMetricFamily]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [LAW_ENDS])
        waiting = cursor.fetchall()
    yield _gauge(
        "notify_deliveries_waiting",
        "Not settled yet. The lane is the highest of the type: requests may have asked for less.",
        [Sample(_of_type(type_id) | {"channel": channel}, n) for type_id, channel, n in waiting],
    )
    totals = counters.totals(now() - DAY, now() + DAY)
    yield _gauge(
        "notify_deliveries_last_day",
        "Created in the last 24 hours, and how many of those are settled, by state.",
        [Sample({"state": "created"}, totals.get(counters.CREATED, 0))]
        + [Sample({"state": s.name.lower()}, totals.get(s, 0)) for s in State if s in FINAL],
    )


def _of_type(type_id: int) -> dict[str, str]:
    type_ = catalogue.get().by_id.get(type_id)
    if type_ is None:
        return {"type": str(type_id), "lane": ""}
    return {"type": type_.slug, "lane": type_.max_lane.name.lower()}


def _alerts() -> Iterator[GaugeMetricFamily]:
    """By cause: what a key says before what it is about, as in account-held:7."""
    keys = Alert.objects.filter(resolved_at=None).values_list("key", flat=True)
    causes = Counter(key.partition(":")[0] for key in keys)
    yield _gauge("notify_alerts_open", "Alerts nobody resolved yet.", [Sample({}, causes.total())])
    yield _gauge(
        "notify_alerts_open_by_cause",
        "The same, by cause.",
        [Sample({"cause": cause}, n) for cause, n in sorted(causes.items())],
    )
