"""What the rule builder offers to choose from: names that exist, each list short."""

from typing import Any

from channels.base import Channel
from notifications.segments.models import Segment
from notifications.segments.people.bounded import rows
from notifications.segments.rules import values
from notifications.segments.rules.parse import ACTIVITY_DAYS
from preferences.facts.types import catalogue

MOST = 500
# Of some people only: names of attributes are few, and most people have the same.
ATTRIBUTES = """
SELECT DISTINCT jsonb_object_keys(
    CASE jsonb_typeof(r.attributes) WHEN 'object' THEN r.attributes ELSE '{}' END
)
FROM (SELECT attributes FROM recipient ORDER BY id DESC LIMIT 1000) r
ORDER BY 1 LIMIT %s
"""


def choices(own_slug: str = "") -> dict[str, Any]:
    others = Segment.objects.exclude(slug=own_slug).order_by("slug")
    return {
        "attributes": [name for (name,) in rows(ATTRIBUTES, [MOST])],
        "operators": list(values.OPERATORS),
        "channels": [channel.value for channel in Channel],
        "types": sorted(value.slug for value in catalogue.get().by_id.values())[:MOST],
        "segments": list(others.values_list("slug", flat=True)[:MOST]),
        "activity_days": ACTIVITY_DAYS,
    }
