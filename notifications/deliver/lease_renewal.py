"""Leases of sends that take longer than a lease: a mail server may think for minutes (RFC 5321).

A thread with a connection of its own, which only looks while such a send is in flight.
"""

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import Error, connection
from psycopg2 import sql

from notifications.dispatch.claim import LEASE_SECONDS
from notifications.statuses import State
from notifyproj.core.ids import day_in, partition_of
from notifyproj.core.sqlarrays import array

log = logging.getLogger(__name__)

EVERY = 4.0  # seconds; what is claimed has 19 s or more
YOUNG = 4.0  # seconds a send is left alone: most are over by then
MOST = 500  # rows in one statement

RENEW = sql.SQL("""
UPDATE {leaf} d SET due_at = now() + make_interval(secs => %(seconds)s)
FROM unnest(%(ids)s::uuid[], %(leases)s::bigint[]) AS h (id, lease)
WHERE d.id = h.id AND d.id = ANY(%(ids)s::uuid[])
  AND d.lease_id = h.lease AND d.state = %(leased)s
""")


class Leases:
    """`hold` and `release` may be called from any thread."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, float]] = {}  # by delivery: lease, since when
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def hold(self, delivery_id: str, lease: int) -> None:
        self._held[delivery_id] = (lease, time.monotonic())
        self._work.set()
        if self._thread is None:
            self._start()

    def release(self, delivery_id: str) -> None:
        self._held.pop(delivery_id, None)

    def held(self) -> int:
        return len(self._held)

    def stop(self) -> None:
        """What is still held runs out."""
        self._stopping.set()
        self._work.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.wait()
            if self._stopping.wait(EVERY):
                break
            self._work.clear()
            if self._held:
                self._work.set()
                self._renew(time.monotonic() - YOUNG)
        connection.close()

    def _renew(self, before: float) -> None:
        held = self._held.copy()
        old = {id_: lease for id_, (lease, since) in held.items() if since <= before}
        try:
            renew(old)
        except Error as error:
            connection.close_if_unusable_or_obsolete()
            log.warning("leases not renewed", extra={"error": str(error).strip()})


def renew(leases: Mapping[str, int]) -> None:
    """{delivery: lease}: those that are still so leased, from now on anew."""
    by_day: dict[int, list[str]] = defaultdict(list)
    for id_ in leases:
        by_day[day_in(id_)].append(id_)
    for ids in by_day.values():
        for at in range(0, len(ids), MOST):
            _renew(sorted(ids[at : at + MOST]), leases)


def _renew(ids: list[str], leases: Mapping[str, int]) -> None:
    params: dict[str, Any] = {
        "ids": array(ids),
        "leases": array(leases[id_] for id_ in ids),
        "seconds": LEASE_SECONDS,
        "leased": State.LEASED.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(RENEW.format(leaf=sql.Identifier(partition_of("delivery", ids[0]))), params)


_leases = Leases()


def leases() -> Leases:
    """Those of this process."""
    return _leases


def forget() -> None:
    """Begin anew, as a forked child does."""
    global _leases
    _leases = Leases()


os.register_at_fork(after_in_child=forget)
