"""What the person on call should know: one open row a cause, in the caller's transaction."""

from collections.abc import Iterable

from django.db import connection

# An alert that was resolved opens anew; one that is open only counts.
RAISE = """
INSERT INTO alert (key, title, detail, first_at, last_at, count)
SELECT key, title, detail, now(), now(), n
FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[]) AS u (key, title, detail, n)
ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    title = EXCLUDED.title, detail = EXCLUDED.detail, last_at = now(),
    count = EXCLUDED.count + CASE WHEN alert.resolved_at IS NULL THEN alert.count ELSE 0 END,
    first_at = CASE WHEN alert.resolved_at IS NULL THEN alert.first_at ELSE now() END,
    told_at = CASE WHEN alert.resolved_at IS NULL THEN alert.told_at END,
    resolved_at = NULL
"""


def alert_raise(*, key: str, title: str, detail: str = "") -> None:
    """`key` names the cause (`account-held:7`); `title` and `detail` hold nothing personal."""
    alerts_raise([(key, title, detail, 1)])


def alerts_raise(causes: Iterable[tuple[str, str, str, int]]) -> None:
    """Several (key, title, detail, how often) by one statement, always in the same order; each
    key once."""
    keys, titles, details, counts = zip(*causes, strict=True)
    cut = [[text[:most] for text in texts] for texts, most in ((keys, 200), (titles, 200))]
    with connection.cursor() as cursor:
        cursor.execute(RAISE, [*cut, [detail[:2000] for detail in details], list(counts)])


def alert_resolve(*, key: str) -> None:
    """Closes the open alert with this key, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alert SET resolved_at = now() WHERE key = %s AND resolved_at IS NULL", [key]
        )
