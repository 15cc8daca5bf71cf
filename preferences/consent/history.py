"""The record of consent of one person, read back a page at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from preferences.consent.schemas import load_names
from preferences.models import ConsentEvent, Recipient


class ConsentEventView(Struct, kw_only=True):
    """`type` and `category` null: everything; `channel` "": every channel. The name of one that was
    removed since is ""."""

    id: int
    at: datetime
    about: str
    action: str
    type: str | None
    category: str | None
    channel: str
    source: str
    wording: str
    evidence: dict[str, Any]


class ConsentPage(Struct):
    """`next_cursor` is "" on the last page."""

    events: list[ConsentEventView]
    next_cursor: str


def events_before(external_id: str, before: int | None, limit: int) -> list[ConsentEvent] | None:
    """The newest first; None when there is no such recipient."""
    row = Recipient.objects.filter(external_id=external_id, erased_at=None).only("pk").first()
    if row is None:
        return None
    rows = ConsentEvent.objects.filter(recipient=row)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def views(rows: Sequence[ConsentEvent]) -> list[ConsentEventView]:
    """Returns events of consent as the API shows them, with slugs for ids."""
    names = load_names()
    types = {id_: slug for slug, id_ in names.types.items()}
    categories = {id_: slug for slug, id_ in names.categories.items()}
    return [_view(row, types, categories) for row in rows]


def _view(
    row: ConsentEvent, types: Mapping[int, str], categories: Mapping[int, str]
) -> ConsentEventView:
    return ConsentEventView(
        id=row.pk,
        at=row.at,
        about=row.about,
        action=row.action,
        type=types.get(row.type_id, "") if row.type_id else None,
        category=categories.get(row.category_id, "") if row.category_id else None,
        channel=row.channel,
        source=row.source,
        wording=row.wording,
        evidence=row.evidence,
    )
