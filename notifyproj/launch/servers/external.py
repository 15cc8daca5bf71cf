"""Servers that the operator named: reachable, and new enough?"""

import psycopg2
import redis
from kombu import Connection

from notifyproj.launch.system.problems import LaunchProblem

OLDEST_POSTGRES = 150000  # server_version_num
OLDEST_REDIS = 7


def check_postgres(url: str) -> None:
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.ProgrammingError as error:  # its text would repeat the value
        example = "postgresql://user:password@host:5432/name"
        raise LaunchProblem(f"DATABASE_URL is no address like {example}.") from error
    except psycopg2.Error as error:
        raise LaunchProblem(f"DATABASE_URL: {first_line(error)}") from error
    version = connection.server_version
    connection.close()
    if version < OLDEST_POSTGRES:
        found = version // 10000
        raise LaunchProblem(f"DATABASE_URL: PostgreSQL 15 or newer is needed, it is {found}.")


def check_redis(name: str, url: str) -> None:
    """`name` is the variable that holds `url`."""
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
        version = str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError) as error:
        raise LaunchProblem(f"{name}: {first_line(error)}") from error
    if int(version.split(".")[0]) < OLDEST_REDIS:
        raise LaunchProblem(f"{name}: Redis 7 or newer, or Valkey, is needed; it is {version}.")


def check_broker(url: str) -> None:
    if url.startswith(("redis://", "rediss://")):
        check_redis("CELERY_BROKER_URL", url)
        return
    try:
        with Connection(url, connect_timeout=5) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0)
    except Exception as error:  # each transport has its own
        raise LaunchProblem(f"CELERY_BROKER_URL: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """The libraries name host and port there, never the password."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
