"""The one message by which an account that is not well is tried, taken by a conditional update.

A probe whose result is never recorded is followed by another: its lease ends.
"""

from django.db import connection

FIRST_PROBE = 30  # seconds
RARELY = 600

# How long an account was suspended doubles from probe to probe; so does the time between them.
TAKE = """
UPDATE provider_account SET probe_at = now() + least(
    greatest(now() - held_at, make_interval(secs => %s)), make_interval(secs => %s))
WHERE id = %s AND held_at IS NOT NULL AND held_by = '' AND probe_at <= now()
"""


def take_held_probe(account_id: int) -> bool:
    """Whether the caller may send through an account that the platform holds, once."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [FIRST_PROBE, RARELY, account_id])
        return bool(cursor.rowcount)
