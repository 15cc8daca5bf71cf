"""Mailboxes that bounce for now, again and again: suppressed after some such days."""

from collections.abc import Sequence

from django.db import connection

from notifyproj.core.sqlarrays import array, bytea_array
from preferences.suppressions import suppressions
from preferences.suppressions.suppressions import PROVIDER, Unwanted

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


def strike(bounced: Sequence[tuple[str, bytes]]) -> None:
    """(channel, address hash); however often on one day, it counts once. In the caller's
    transaction."""
    if not bounced:
        return
    channels, hashes = zip(*bounced, strict=True)
    values = [array(channels), bytea_array(hashes)]
    with connection.cursor() as cursor:
        cursor.execute(STRIKE, values)
        cursor.execute(OUT, [*values, WITHIN, MOST])
        out = [Unwanted(channel, bytes(h), REASON, PROVIDER) for channel, h in cursor.fetchall()]
    suppressions.add(out)


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM bounce_strike WHERE day <= now() - make_interval(days => %s)", [WITHIN]
        )
