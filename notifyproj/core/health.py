"""`/health/live`: this process answers. `/health/ready`: it can accept requests.

Ready needs Postgres and its migrations, nothing else: without Redis or the broker a request is
still accepted and goes out when they are back, so those only make it "degraded". So does a queue
that nobody takes from, by name in `silent_queues`.
"""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifyproj.core.servers import broker
from notifyproj.core.servers.redis_client import quick_redis


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    parts = {"postgres": _postgres(), "redis": _redis(), "broker": _broker()}
    parts["migrations"] = _migrations() if parts["postgres"] == "ok" else "unknown"
    accepting = parts["postgres"] == parts["migrations"] == "ok"
    well = accepting and all(state == "ok" for state in parts.values())
    silent = _silent_queues()
    parts["consumers"] = "unknown" if silent is None else "silent" if silent else "ok"
    well = well and parts["consumers"] == "ok"
    status = "ok" if well else "degraded" if accepting else "down"
    body = {"status": status, "parts": parts, "silent_queues": silent or []}
    return JsonResponse(body, status=200 if accepting else 503)


def watch_queues(silent: Callable[[], list[str] | None]) -> None:
    """Readiness tells what `silent` returns: the queues nobody takes from; None: nobody knows."""
    global _silent_queues
    _silent_queues = silent


_silent_queues: Callable[[], list[str] | None] = list


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
