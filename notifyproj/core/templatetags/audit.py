"""What the audit log says of one object, for the page of its history."""

from typing import Any, NamedTuple

from django import template
from django.utils.safestring import SafeString

from notifyproj.core.audit.entries import changes, said
from notifyproj.core.models import AuditEntry

register = template.Library()
MOST = 200


class Line(NamedTuple):
    entry: AuditEntry
    changes: SafeString | str
    said: str


@register.simple_tag
def audit_trail(opts: Any, row: Any) -> list[Line]:
    """Newest first."""
    rows = AuditEntry.objects.filter(model=opts.label_lower, object_id=str(row.pk))
    return [
        Line(entry, changes(entry, None) if entry.action != "added" else "", said(entry))
        for entry in rows.order_by("-pk")[:MOST]
    ]
