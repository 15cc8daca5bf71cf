"""Work that only one process does at a time, guarded by an advisory lock of Postgres.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS (read 2026-11)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class AdvisoryLock:
    """`name` is four ASCII letters that no other lock has: Postgres knows it by their number.

    A lock of the transaction ends with it. A lock of the session is for work of several
    transactions, or with no transaction open; it ends with the block, or with the connection.
    """

    name: str

    @property
    def number(self) -> int:
        return int.from_bytes(self.name.encode("ascii"))

    def take(self) -> None:
        """Takes it for the transaction; waits for whoever has it."""
        self._call("pg_advisory_xact_lock")

    def try_take(self) -> bool:
        """Takes it for the transaction, and returns True, unless another process has it."""
        return bool(self._call("pg_try_advisory_xact_lock"))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds it for the session; waits for whoever has it."""
        self._call("pg_advisory_lock")
        try:
            yield
        finally:
            self._call("pg_advisory_unlock")

    @contextmanager
    def try_held(self) -> Iterator[bool]:
        """Holds it for the session, and yields True, unless another process has it."""
        is_ours = bool(self._call("pg_try_advisory_lock"))
        try:
            yield is_ours
        finally:
            if is_ours:
                self._call("pg_advisory_unlock")

    def _call(self, function: str) -> object:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [self.number])
            return cursor.fetchone()[0]
