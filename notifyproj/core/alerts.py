"""What the person on call should know: one open row a cause, in the caller's transaction."""

from django.db import connection

# An alert that was resolved opens anew; one that is open only counts.
RAISE = """
INSERT INTO alert (key, title, detail, first_at, last_at, count)
VALUES (%s, %s, %s, now(), now(), 1)
ON CONFLICT (key) DO UPDATE SET
    title = EXCLUDED.title, detail = EXCLUDED.detail, last_at = now(),
    count = CASE WHEN alert.resolved_at IS NULL THEN alert.count + 1 ELSE 1 END,
    first_at = CASE WHEN alert.resolved_at IS NULL THEN alert.first_at ELSE now() END,
    told_at = CASE WHEN alert.resolved_at IS NULL THEN alert.told_at END,
    resolved_at = NULL
"""


def alert_raise(*, key: str, title: str, detail: str = "") -> None:
    """`key` names the cause (`account-held:7`); `title` and `detail` hold nothing personal."""
    with connection.cursor() as cursor:
        cursor.execute(RAISE, [key[:200], title[:200], detail[:2000]])


def alert_resolve(*, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alert SET resolved_at = now() WHERE key = %s AND resolved_at IS NULL", [key]
        )
