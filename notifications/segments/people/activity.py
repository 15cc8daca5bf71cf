"""That somebody opened or clicked: counted by day in the transaction that writes the event, so
once, and one statement for a batch."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection

from notifyproj.core.sqlarrays import array

# In the order of the key: two batches about the same people wait for each other and never both.
ADD = """
INSERT INTO recipient_reaction AS a (recipient_id, kind, day, type_id, arm_id, n)
SELECT * FROM unnest(
    %s::bigint[], %s::smallint[], %s::date[], %s::bigint[], %s::bigint[], %s::integer[]
)
ON CONFLICT (recipient_id, kind, day, type_id, arm_id) DO UPDATE SET n = a.n + EXCLUDED.n
"""


class Reacted(NamedTuple):
    """`kind` is a Reaction.Kind; `arm_id` 0: of no campaign."""

    recipient_id: int
    kind: int
    day: date
    type_id: int
    arm_id: int


def note(reactions: Iterable[Reacted]) -> None:
    """In the caller's transaction, and the last thing in it that locks."""
    counted = sorted(Counter(reactions).items())
    if not counted:
        return
    columns = zip(*((*reacted, n) for reacted, n in counted), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(ADD, [array(column) for column in columns])
