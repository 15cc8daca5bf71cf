"""What is kept of some deliveries besides their states: words of providers, links that were
clicked, and what services were told."""

from collections.abc import Sequence

import msgspec
from django.db import connection

from notifyproj.core.erasures import Subject
from notifyproj.core.sqlarrays import array, quoted_array

AT_ONCE = 1_000

ATTEMPTS = """
UPDATE attempt SET reason = '', provider_id = '', response_excerpt = ''
WHERE delivery_id = ANY(%s::uuid[]) AND delivery_id BETWEEN %s::uuid AND %s::uuid
    AND (reason, provider_id, response_excerpt) <> ('', '', '')
"""
EVENTS = """
UPDATE event SET reason = '', provider_id = '', detail = ''
WHERE delivery_id = ANY(%s::uuid[]) AND delivery_id BETWEEN %s::uuid AND %s::uuid
    AND (reason, provider_id, detail) <> ('', '', '')
"""
# Also of what waits: the service hears what became of a delivery, and no more of whose it was.
TOLD = """
UPDATE status_event SET body = jsonb_set(body::jsonb, '{data}', (body::jsonb->'data')
    || '{"user_id": null, "metadata": {}, "reason_text": ""}')::text
WHERE delivery_id = ANY(%s::uuid[])
    AND (body::jsonb->'data'->>'user_id' IS NOT NULL OR body::jsonb->'data'->>'reason_text' <> '')

"""
ANSWERED = """
UPDATE status_attempt SET reason = '', excerpt = ''
WHERE event_id IN (SELECT id FROM status_event WHERE delivery_id = ANY(%s::uuid[]))
    AND (reason, excerpt) <> ('', '')
"""
# Of everybody's part in one notification: its metadata is told with each.
TOLD_OF = """
SELECT id::text, body FROM status_event WHERE delivery_id BETWEEN %s::uuid AND %s::uuid
"""
RETELL = """
UPDATE status_event e SET body = u.body
FROM unnest(%s::uuid[], %s::text[]) AS u (id, body) WHERE e.id = u.id
"""
INBOX = "DELETE FROM inbox_item WHERE id = ANY(%s::uuid[])"


def empty_deliveries(delivery_ids: Sequence[str]) -> None:
    ordered = sorted(set(delivery_ids))
    for start in range(0, len(ordered), AT_ONCE):
        part = ordered[start : start + AT_ONCE]
        ids, bounds = array(part), [part[0], part[-1]]
        with connection.cursor() as cursor:
            cursor.execute(ATTEMPTS, [ids, *bounds])
            cursor.execute(EVENTS, [ids, *bounds])
            cursor.execute(TOLD, [ids])
            cursor.execute(ANSWERED, [ids])
            cursor.execute(INBOX, [ids])


def scrub_told(notification_id: str, subject: Subject) -> None:
    """What services were told of a notification that went to others, too."""
    low, high = f"{notification_id[:13]}-0000-0000-000000000000", notification_id[:13]
    with connection.cursor() as cursor:
        cursor.execute(TOLD_OF, [low, f"{high}-ffff-ffff-ffffffffffff"])
        found = {id_: msgspec.json.decode(body) for id_, body in cursor.fetchall()}
        after = {id_: subject.scrub_all(body) for id_, body in found.items()}
        changed = {id_: body for id_, body in after.items() if body != found[id_]}
        bodies = [msgspec.json.encode(body).decode() for body in changed.values()]
        cursor.execute(RETELL, [array(changed), quoted_array(bodies)])
