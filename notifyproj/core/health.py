"""`/health/live`: this process answers. `/health/ready`: it can accept requests.

Ready needs Postgres and its migrations, nothing else: without Redis or the broker a request is
still accepted and goes out when they are back, so those only make it "degraded".
"""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection

from notifyproj.core.redis_client import quick_redis

logger = logging.getLogger(__name__)

BROKER_SECONDS = 0.5


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
    status = "ok" if well else "degraded" if accepting else "down"
    return JsonResponse({"status": status, "parts": parts}, status=200 if accepting else 503)


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
    if settings.CELERY_BROKER_URL == settings.REDIS_URL:
        return _redis()
    options = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS}
    url = settings.CELERY_BROKER_URL
    transport = options if url.startswith(("redis", "unix")) else {}
    try:
        with Connection(url, connect_timeout=BROKER_SECONDS, transport_options=transport) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    except Exception as error:  # every transport has errors of its own
        logger.warning("broker away", extra={"error": type(error).__name__})
        return "down"
    return "ok"


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
