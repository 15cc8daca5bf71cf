"""The servers of a run: those the operator named, else embedded ones."""

import os
from collections.abc import Mapping
from pathlib import Path

from notifyproj.launch.servers.external import check_broker, check_postgres, check_redis
from notifyproj.launch.servers.postgres import Postgres
from notifyproj.launch.servers.valkey import Valkey
from notifyproj.launch.system.terminal import Step

LARGEST_LOG = 10 * 1024**2  # bytes; kept once more as .1


class Servers:
    """Start them with `start()`, call `revive()` now and then, and `stop()` them last."""

    def __init__(self, var: Path) -> None:
        self._embedded: list[Postgres | Valkey] = []
        self._postgres = Postgres(var / "postgres", var / "log" / "postgres.log")
        self._valkey = Valkey(var / "valkey", var / "log" / "valkey.log")

    def start(self, given: Mapping[str, str]) -> dict[str, str]:
        """Returns their addresses as variables. LaunchProblem when one cannot be had."""
        check_named(given)
        return {
            "DATABASE_URL": given.get("DATABASE_URL") or self._start("Postgres", self._postgres),
            "REDIS_URL": given.get("REDIS_URL") or self._start("Valkey", self._valkey),
        }

    def _start(self, name: str, server: Postgres | Valkey) -> str:
        rotate(server.log)
        with Step(name) as step:
            self._embedded.append(server)
            server.start()
            step.detail = "; ".join(server.notes)
        return server.url()

    def revive(self) -> list[str]:
        """Start anew those that died, under their old address; returns what was done."""
        dead = [server for server in self._embedded if not server.alive()]
        for server in dead:
            server.start()
        return [f"{type(server).__name__} had died and was started again" for server in dead]

    def any_embedded(self) -> bool:
        return bool(self._embedded)

    def stop(self) -> None:
        for server in reversed(self._embedded):
            server.stop()


def check_named(given: Mapping[str, str]) -> None:
    if given.get("DATABASE_URL"):
        check_postgres(given["DATABASE_URL"])
    if given.get("REDIS_URL"):
        check_redis("REDIS_URL", given["REDIS_URL"])
    if given.get("CELERY_BROKER_URL"):
        check_broker(given["CELERY_BROKER_URL"])


def rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        os.replace(log, log.with_name(f"{log.name}.1"))
