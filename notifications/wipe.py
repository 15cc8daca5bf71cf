"""Codes do not outlive their purpose: the variables of a sensitive notification are wiped once it
is resolved and nothing of it waits."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from notifications.statuses import NotificationState
from notifyproj.core.sqlarrays import array
from preferences.facts.types import catalogue

OPEN = (NotificationState.SCHEDULED, NotificationState.ACCEPTED)

WIPE = """
UPDATE notification n SET variables = ''
WHERE n.id = ANY(%s::uuid[]) AND n.id BETWEEN %s::uuid AND %s::uuid AND n.state <> ALL(%s)
  AND n.variables <> '' AND NOT EXISTS (
    SELECT FROM delivery d
    WHERE d.notification_id = n.id AND d.due_at IS NOT NULL
      AND d.id BETWEEN (left(n.id::text, 13) || '-0000-0000-000000000000')::uuid
          AND (left(n.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid
      AND d.id BETWEEN %s::uuid AND %s::uuid)
"""


def wipe(settled: Iterable[tuple[str, int]]) -> None:
    """Of (notification id, type id), those that are sensitive and done. Others stay as they are.

    Only after the commit of what settled them: of two that settle the last two deliveries at
    once, neither sees the other's before.
    """
    sensitive = {type_.id for type_ in catalogue.get().by_id.values() if type_.sensitive}
    parents = sorted({id_ for id_, type_id in settled if type_id in sensitive})
    if not parents:
        return
    # The deliveries of a notification share its millisecond; the outer bounds only prune.
    low, high = f"{parents[0][:13]}-0000-0000-000000000000", f"{parents[-1][:13]}"
    words: list[Any] = [array(parents), parents[0], parents[-1], [s.value for s in OPEN]]
    with connection.cursor() as cursor:
        cursor.execute(WIPE, [*words, low, f"{high}-ffff-ffff-ffffffffffff"])
