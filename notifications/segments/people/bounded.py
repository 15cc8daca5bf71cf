"""Statements about everybody, none of which may take long: what they would cost is asked first,
and the database ends them after their time."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg2 import errors


class TooSlow(Exception):
    """The statement was ended after its time."""


class Plan(NamedTuple):
    """What the planner expects. Its unit of cost is about 5 µs of one core, when all is cached."""

    cost: float
    rows: int


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """For one statement or several: each may take so long. Raises TooSlow."""
    try:
        with transaction.atomic():
            _limit(f"{int(seconds * 1000)}ms")
            yield
            _limit("0")
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            raise TooSlow from error
        raise


def rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Returns all rows of a query, under the time limit of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def plan_of(sql: str, params: Sequence[Any]) -> Plan:
    """Nothing is run."""
    ((found,),) = rows(f"EXPLAIN (FORMAT JSON) {sql}", params)
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return Plan(float(plan["Total Cost"]), int(plan["Plan Rows"]))


def _limit(value: str) -> None:
    rows("SELECT set_config('statement_timeout', %s, true)", [value])
