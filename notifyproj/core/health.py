"""`/health/live`: this process responds. `/health/ready`: it can accept requests.

Ready needs Postgres and its migrations, nothing else: without Redis or the broker a request is
still accepted and goes out when they are back, so those only make it "degraded". So does a queue
that nobody takes from, by name in `silent_queues`, and a worker that has ended, in `ended_workers`.
"""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifyproj.core.extension_point import ExtensionPoint
from notifyproj.core.servers import broker
from notifyproj.core.servers.redis_client import quick_redis

Names = Callable[[], list[str] | None]  # None: nobody knows
# Both take one part: the queues nobody takes from, and the worker processes that are missed.
silent_queues: ExtensionPoint[Names] = ExtensionPoint()
ended_workers: ExtensionPoint[Names] = ExtensionPoint()


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """`/health/live`: the process responds. Asks no server."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """`/health/ready`: the state of each part; 503 where requests cannot be accepted."""
    parts = {"postgres": _postgres(), "redis": _redis(), "broker": _broker()}
    parts["migrations"] = _migrations() if parts["postgres"] == "ok" else "unknown"
    accepting = parts["postgres"] == parts["migrations"] == "ok"
    well = accepting and all(state == "ok" for state in parts.values())
    silent, ended = silent_queues.only()(), ended_workers.only()()
    parts["consumers"] = _consumers(silent, ended)
    well = well and parts["consumers"] == "ok"
    status = "ok" if well else "degraded" if accepting else "down"
    names = {"silent_queues": silent or [], "ended_workers": ended or []}
    return JsonResponse(
        {"status": status, "parts": parts, **names}, status=200 if accepting else 503
    )


def _consumers(silent: list[str] | None, ended: list[str] | None) -> str:
    if silent is None:
        return "unknown"
    return "silent" if silent else "fewer" if ended else "ok"


def _postgres() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        connection.close()
        return "down"
    return "ok"


def _redis() -> str:
    try:
        quick_redis().ping()
    except redis.RedisError:
        return "down"
    return "ok"


def _broker() -> str:
    """Or "blocked": RabbitMQ takes nothing while its memory or disk is short."""
    if settings.CELERY_BROKER_URL == settings.REDIS_URL:
        return _redis()
    return broker.state(settings.CELERY_BROKER_URL)


def _migrations() -> str:
    try:
        return "ok" if _all_applied() else "pending"
    except (DatabaseError, InterfaceError):
        return "unknown"


_applied = False


def _all_applied() -> bool:
    """Asked until it is true: code, and so its migrations, do not change in a process."""
    global _applied
    if not _applied:
        executor = MigrationExecutor(connection)
        _applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _applied
