"""Mailboxes that bounce for now, again and again: given up after some such days."""

from collections.abc import Sequence

from django.db import connection

from notifyproj.core.sqlarrays import array, bytea_array

MOST, WITHIN = 5, 30  # days
REASON = f"Bounced on {MOST} days of {WITHIN}"

STRIKE = """
INSERT INTO bounce_strike (channel, address_hash, day)
SELECT DISTINCT u.channel, u.address_hash, (now() AT TIME ZONE 'UTC')::date
FROM unnest(%s::varchar[], %s::bytea[]) AS u (channel, address_hash) ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
OUT = """
SELECT s.channel, s.address_hash FROM bounce_strike s
WHERE (s.channel, s.address_hash) IN (SELECT * FROM unnest(%s::varchar[], %s::bytea[]))
  AND s.day > now() - make_interval(days => %s)
GROUP BY 1, 2 HAVING count(*) >= %s
"""


def strike(bounced: Sequence[tuple[str, bytes]]) -> set[tuple[str, bytes]]:
    """(channel, address hash); however often on one day, it counts once. Returns those that have
    bounced often enough. In the caller's transaction."""
    if not bounced:
        return set()
    channels, hashes = zip(*bounced, strict=True)
    values = [array(channels), bytea_array(hashes)]
    with connection.cursor() as cursor:
        cursor.execute(STRIKE, values)
        cursor.execute(OUT, [*values, WITHIN, MOST])
        return {(channel, bytes(hash_)) for channel, hash_ in cursor.fetchall()}


def forget() -> None:
    """Deletes the strikes that are too old to count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM bounce_strike WHERE day <= now() - make_interval(days => %s)", [WITHIN]
        )
