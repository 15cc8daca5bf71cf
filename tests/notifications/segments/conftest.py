from collections.abc import Callable
from typing import Any

import pytest

from notifications.segments.models import Segment
from notifications.segments.services import SegmentFields, segment_create
from preferences.models import Recipient

MakeSegment = Callable[..., Segment]


@pytest.fixture
def make_segment(db: Any) -> MakeSegment:
    """`make_segment({"locale": "de"}, slug="germans")`"""

    def make(rules: dict[str, Any], slug: str = "some") -> Segment:
        return segment_create(slug=slug, fields=SegmentFields(name=slug.title(), rules=rules))

    return make


@pytest.fixture
def people(db: Any) -> list[Recipient]:
    """Sixty, of three plans."""
    return Recipient.objects.bulk_create(
        Recipient(external_id=f"user-{n}", attributes={"plan": ["free", "pro", "team"][n % 3]})
        for n in range(60)
    )
