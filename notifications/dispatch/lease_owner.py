"""Whose a lease is. Its upper half names the worker process that took it; so one that comes back
after a crash hands back what its predecessor held, instead of leaving it until the lease ends.

A process takes its name only where it has the lock of that name, a file's, which the kernel lets go
of when the last process that inherited it is gone. So what lives is never taken from, neither here
nor on another host, whose names are others.
"""

import fcntl
import hashlib
import logging
from pathlib import Path
from typing import IO, Any

from django.db import DatabaseError, connection, transaction

from channels.base import Lane
from notifications.dispatch.claim import OWNER_BITS, RANDOM_BITS, name_leases
from notifications.statuses import State

log = logging.getLogger(__name__)

LONGEST = 60  # seconds ahead that leases end, but for those of slow mail

# To the sweep these are leases that ran out. What has crashed before waits until its lease ends, as
# five crashes are final, and a machine that is short of memory needs more than seconds to mend.
HAND_BACK = """
UPDATE delivery SET due_at = now()
WHERE lane = ANY(%(lanes)s) AND due_at > now()
  AND due_at < now() + make_interval(secs => %(longest)s)
  AND state = %(leased)s AND crashes = 0
  AND lease_id BETWEEN %(first)s AND %(last)s
"""
# Hints that the predecessor had taken from the queue, and not claimed: nobody knows which, but few
# urgent ones are on their way at a time. A hint that comes all the same finds its number too old.
HINT_AGAIN = """
UPDATE delivery SET due_at = now()
WHERE lane = %(urgent)s AND due_at > now() AND due_at < now() + make_interval(secs => %(longest)s)
  AND state = %(waiting)s AND reason = ''
"""

_lock: IO[Any] | None = None  # held as long as this process lives


def take_over(node: str, folder: Path) -> int:
    """Be the worker `node` ("urgent@host") from now on. Returns how many deliveries its predecessor
    had; none where somebody of that name lives, or the database is away."""
    global _lock
    lock = _lock_of(node, folder)
    if lock is None:
        return 0
    _lock, owner = lock, _named(node)
    name_leases(owner)
    try:
        return _hand_back(owner, urgent=node.startswith("urgent"))
    except DatabaseError as error:
        log.warning("leases are left to end", extra={"node": node, "error": str(error).strip()})
        return 0


def _named(node: str) -> int:
    digest = hashlib.sha256(node.encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - OWNER_BITS)


def _lock_of(node: str, folder: Path) -> IO[Any] | None:
    """None where somebody has it, or nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / f"{_named(node)}.lock").open("w")
    except OSError as error:
        log.warning("leases are left to end", extra={"node": node, "error": str(error)})
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _hand_back(owner: int, *, urgent: bool) -> int:
    values: dict[str, Any] = {
        "lanes": [lane.value for lane in Lane],
        "longest": LONGEST,
        "leased": State.LEASED.value,
        "first": owner << RANDOM_BITS,
        "last": (owner + 1 << RANDOM_BITS) - 1,
        "urgent": Lane.URGENT.value,
        "waiting": State.WAITING.value,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HAND_BACK, values)
        found = int(cursor.rowcount)
        if urgent:
            cursor.execute(HINT_AGAIN, values)
            found += int(cursor.rowcount)
    return found
