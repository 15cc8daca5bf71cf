"""The servers of the test run, taken over by this process so that it can restart and kill them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import redis
from django.db import connection

from notifyproj.launch.servers.postgres import Postgres
from notifyproj.launch.servers.valkey import Valkey
from tests.survival.running import poll

STANDBY = "SELECT current_setting('synchronous_standby_names')"
UNANSWERED = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND query = 'COMMIT' AND application_name = %s
"""


class Servers:
    """A Postgres that keeps what it committed, as in production, and a Valkey on a fixed port."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        parts = urlsplit(redis_url)
        self.postgres = Postgres(folder / "postgres", folder / "log" / "postgres.log")
        self.valkey = Valkey(
            folder / "valkey",
            folder / "log" / "valkey.log",
            port=parts.port or 0,
            _password=parts.password or "",
        )

    def start(self) -> None:
        """Starting ends the server that works in the same folder."""
        connection.close()
        self.postgres.start()
        self.valkey.start()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()

    def restart_postgres(self, number: signal.Signals) -> None:
        """SIGINT: a fast shutdown. SIGKILL: the postmaster is shot, and everybody notices."""
        connection.close()
        os.kill(self.postgres.pid, number)
        _gone(self.postgres)
        self.postgres.start()

    @contextmanager
    def no_records(self) -> Iterator[None]:
        """Nobody can write down an attempt: recorders wait, each inside its transaction."""
        connection = psycopg2.connect(self.postgres.url())
        try:
            connection.cursor().execute("LOCK TABLE attempt IN SHARE MODE")
            yield
        finally:
            connection.close()

    @contextmanager
    def unanswered_commits(self) -> Iterator[None]:
        """Commits are made, but nobody is told: each waits for a standby that does not exist."""
        self._configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        poll(lambda: self._ask(STANDBY) == "nobody", 10, "Postgres has read its configuration")
        try:
            yield
        finally:
            self._configure("ALTER SYSTEM RESET synchronous_standby_names")

    def has_unanswered(self, process: str) -> bool:
        return bool(self._ask(UNANSWERED, process))

    def _configure(self, statement: str) -> None:
        self._ask(f"{statement}; SELECT pg_reload_conf()")

    def _ask(self, statement: str, *values: str) -> Any:
        """On a fresh connection, as a configuration is read by new ones at once."""
        connection = psycopg2.connect(self.postgres.url())
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            for part in statement.split("; "):
                cursor.execute(part, values)
            row = cursor.fetchone()
            return row[0] if row else None
        finally:
            connection.close()

    def flush_valkey(self) -> None:
        redis.Redis.from_url(self.valkey.url()).flushall()

    def kill_valkey(self) -> None:
        os.kill(self.valkey.pid, signal.SIGKILL)
        _gone(self.valkey)


def _gone(server: Postgres | Valkey) -> None:
    poll(lambda: not server.alive(), 20, "the server has ended")
