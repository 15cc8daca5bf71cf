"""For pages of the admin: `{% load admin_site %}`. In Python, the same functions make the HTML."""

from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifyproj.core.clock import now
from notifyproj.core.humanize import ago, exact, span

register = template.Library()
SHORT = 8  # figures of an id: its end, as the beginning is the time


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """`2 min ago`, with the exact instant on hover."""
    if at is None:
        return ""
    return format_html(
        '<time class="admin-moment" datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        exact(at),
        ago(at, now()),
    )


@register.filter
def lasting(seconds: float | None) -> str:
    """Returns seconds as text (`1.2 s`); nothing for None."""
    return "" if seconds is None else span(seconds)


@register.filter
def thousandth(milliseconds: float | None) -> float | None:
    """In seconds, for `lasting`."""
    return None if milliseconds is None else milliseconds / 1000


@register.filter
def copyable(value: object) -> SafeString:
    """The end of an id, and a button that copies all of it."""
    text = str(value)
    return format_html(
        '<span class="admin-id"><span title="{0}">…{1}</span>'
        '<button type="button" data-copy="{0}" aria-label="Copy the id {0}">Copy</button></span>',
        text,
        text[-SHORT:],
    )


@register.simple_tag
def status(word: object, tone: str = "none") -> SafeString:
    """A word with a colour, never a colour alone. Tones: good warn bad busy none."""
    return format_html('<span class="admin-status admin-status--{}">{}</span>', tone, word)


@register.filter
def grouped(number: float | None) -> str:
    """`12,345`; "-" for what is not known."""
    return "-" if number is None else f"{number:,.0f}"


@register.simple_tag
def linked(number: float, page: str, **parameters: object) -> SafeString:
    """A number that leads to the rows behind it; of a zero, one sees that it is none."""
    faint = "" if number else " admin-zero"
    address = page + query(**parameters)
    return format_html('<a class="admin-count{}" href="{}">{}</a>', faint, address, grouped(number))


@register.simple_tag
def query(**parameters: object) -> str:
    """`?a=1&b=2` of those that are not empty."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""
