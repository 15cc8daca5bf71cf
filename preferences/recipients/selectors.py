"""Reads of recipients for the API. Addresses appear masked only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct

from preferences.models import ContactPoint, Recipient


class ContactPointView(Struct, kw_only=True):
    """`hint`: the masked address. The full address is never shown."""

    id: int
    channel: str
    hint: str
    kind: str
    app: str | None
    platform: str
    app_version: str
    active: bool
    inactive_reason: str
    registered_at: datetime
    last_seen_at: datetime


class RecipientSummary(Struct, kw_only=True):
    external_id: str
    locale: str
    timezone: str
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class RecipientView(RecipientSummary, kw_only=True):
    contact_points: list[ContactPointView]


class ContactPoints(Struct):
    contact_points: list[ContactPointView]


class RecipientPage(Struct):
    """`next_cursor` is "" on the last page."""

    recipients: list[RecipientSummary]
    next_cursor: str


def recipient_get(external_id: str) -> RecipientView | None:
    row = Recipient.objects.filter(external_id=external_id, erased_at=None).first()
    if row is None:
        return None
    return RecipientView(**_summary(row), contact_points=_points_of(row.pk))


def recipients_after(recipient_id: int, limit: int) -> list[Recipient]:
    rows = Recipient.objects.filter(erased_at=None, pk__gt=recipient_id).order_by("pk")
    return list(rows.defer("data_key")[:limit])


def summary(row: Recipient) -> RecipientSummary:
    return RecipientSummary(**_summary(row))


def contact_points_of(external_id: str, channel: str = "") -> list[ContactPointView] | None:
    """None when there is no such recipient. `channel` "" is all of them."""
    row = Recipient.objects.filter(external_id=external_id, erased_at=None).only("pk").first()
    return None if row is None else _points_of(row.pk, channel)


def hints_of(contact_point_ids: Collection[int]) -> dict[int, str]:
    """The masked addresses."""
    rows = ContactPoint.objects.filter(pk__in=contact_point_ids)
    return dict(rows.values_list("pk", "hint"))


def contact_point_get(contact_point_id: int) -> ContactPointView:
    return _view(ContactPoint.objects.select_related("app").get(pk=contact_point_id))


def _points_of(recipient_id: int, channel: str = "") -> list[ContactPointView]:
    rows = ContactPoint.objects.filter(recipient=recipient_id).select_related("app")
    if channel:
        rows = rows.filter(channel=channel)
    return [_view(row) for row in rows.defer("address").order_by("pk")]


def _summary(row: Recipient) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RecipientSummary.__struct_fields__}


def _view(row: ContactPoint) -> ContactPointView:
    return ContactPointView(
        id=row.pk,
        channel=row.channel,
        hint=row.hint,
        kind=row.kind,
        app=row.app.slug if row.app else None,
        platform=row.platform,
        app_version=row.app_version,
        active=row.active,
        inactive_reason=row.inactive_reason,
        registered_at=row.registered_at,
        last_seen_at=row.last_seen_at,
    )
