"""How the sandbox's page words things."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from channels.sandbox.models import Received

register = template.Library()


@register.filter
def ago(instant: datetime) -> SafeString:
    """ "2 min ago", the exact instant and zone on hover; the script keeps it true."""
    seconds = max(int((timezone.now() - instant).total_seconds()), 0)
    exact = f"{instant:%Y-%m-%d %H:%M:%S} UTC"
    html = '<time datetime="{}" title="{}" data-ago>{}</time>'
    return format_html(html, instant.isoformat(), exact, _ago(seconds))


def _ago(seconds: int) -> str:
    if seconds < 60:
        return "now" if seconds < 5 else f"{seconds} s ago"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    return f"{seconds // 3600} h ago" if seconds < 86400 else f"{seconds // 86400} d ago"


@register.filter
def verdict(row: Received) -> str:
    """What became of a request, in a word."""
    if row.accepted:
        return "accepted, no response" if row.answer == 0 else "accepted"
    if row.answer == 0:
        return "connection reset"
    return "refused" if row.answer >= 400 else "responded"


@register.filter
def tone(row: Received) -> str:
    if row.answer == 0:
        return "warn"
    return "bad" if row.answer >= 400 else "good"


@register.filter
def failed(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [check for check in checks if not check["passed"] and not check["advice"]]


@register.filter
def advised(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [check for check in checks if not check["passed"] and check["advice"]]


@register.filter
def percent(share: float) -> str:
    return f"{share * 100:.4g} %"


@register.filter
def spaced(kind: str) -> str:
    """dead_token as dead token."""
    return kind.replace("_", " ")
