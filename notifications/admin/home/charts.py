"""Small charts as SVG, made here: no script, and read aloud as a sentence. Pure."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

GAP = 2
EVERY = 6  # hours between labels
Bar = tuple[datetime, int, int]  # when it begins, good, bad


def sparkline(bars: Sequence[Bar], label: str) -> SafeString:
    return _svg(bars, label, width=144, height=28, labels=False)


def chart(bars: Sequence[Bar], label: str) -> SafeString:
    """Returns the chart with its highest value and its hours."""
    return _svg(bars, label, width=720, height=150, labels=True)


def _svg(bars: Sequence[Bar], label: str, *, width: int, height: int, labels: bool) -> SafeString:
    top, bottom = (16, 20) if labels else (0, 0)
    room = height - top - bottom
    most = max((good + bad for _, good, bad in bars), default=0)
    step = width / max(1, len(bars))
    parts = [
        rect
        for place, (_, good, bad) in enumerate(bars)
        for rect in _stack(
            place * step,
            width=step - GAP,
            floor=top + room,
            room=room,
            good=good,
            bad=bad,
            most=most,
        )
    ]
    shapes = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', parts)
    return format_html(
        '<svg class="admin-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>{}{}</svg>',
        *(width, height, f"{label}. {_said(bars)}", width, top + room, top + room),
        shapes,
        _labels(bars, step, height, most) if labels else "",
    )


def _stack(
    x: float, *, width: float, floor: float, room: float, good: int, bad: int, most: int
) -> list[tuple[str, str, str, str, str]]:
    """What failed stands on what went well; what is there can be seen, however little."""
    found = []
    for name, n in (("good", good), ("bad", bad)):
        if n:
            tall = max(1.5, room * n / most)
            floor -= tall
            found.append((name, f"{x:.1f}", f"{floor:.1f}", f"{width:.1f}", f"{tall:.1f}"))
    return found


def _labels(bars: Sequence[Bar], step: float, height: float, most: int) -> SafeString:
    hours = [
        (f"{place * step:.1f}", height - 4, f"{at:%H:00}")
        for place, (at, _, _) in enumerate(bars)
        if at.hour % EVERY == 0
    ]
    texts = format_html_join("", '<text x="{}" y="{}">{}</text>', hours)
    return format_html(
        '<text x="0" y="0" dominant-baseline="hanging">{}</text>{}', f"{most:,} per hour", texts
    )


def _said(bars: Sequence[Bar]) -> str:
    if not bars:
        return "Nothing yet."
    at, good, bad = max(bars, key=lambda bar: bar[1] + bar[2])
    now = bars[-1]
    return (
        f"At most {good + bad:,}, at {at:%H:00} UTC; {now[1] + now[2]:,} this hour."
        f" {sum(bar[2] for bar in bars):,} of {sum(bar[1] + bar[2] for bar in bars):,} failed."
    )
