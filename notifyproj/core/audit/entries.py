"""Entries of the audit log as a page shows them."""

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from notifyproj.core.models import AuditEntry

LONGEST = 60  # characters of a value in a list


def said(row: AuditEntry) -> str:
    """A form's own list of fields is JSON; an act is in words."""
    if not row.note.startswith("["):
        return row.note
    return str(LogEntry(change_message=row.note).get_change_message())


def changes(row: AuditEntry, most: int | None) -> SafeString | str:
    """Column by column; all of them, or the first few in few words."""
    pairs = sorted(row.changes.items())
    if row.action != AuditEntry.Action.CHANGED and most is not None:
        return ""
    length = LONGEST if most is not None else None
    lines = format_html_join(
        "", "<li>{}: {}</li>", ((n, _pair(v, length)) for n, v in pairs[:most])
    )
    more = format_html("<li>and {} more</li>", len(pairs) - most) if most and pairs[most:] else ""
    return format_html("<ul>{}{}</ul>", lines, more) if pairs else ""


def _pair(value: Any, length: int | None) -> SafeString | str:
    if not isinstance(value, list):
        return format_html("<i>{}</i>", "changed; it is a secret")
    before, after = (_text(each, length) for each in value)
    return format_html("<del>{}</del> → <ins>{}</ins>", before, after)


def _text(value: Any, length: int | None) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "nothing" if value in (None, "") else text
    return text if length is None or len(text) <= length else f"{text[:length]}…"
