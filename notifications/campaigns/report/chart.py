"""Numbers over time as lines of a small picture: points for an inline SVG. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

WIDTH, HEIGHT = 640, 160
LEFT, BOTTOM, TOP, RIGHT = 56, 24, 8, 8


class Line(NamedTuple):
    name: str
    points: str  # of a polyline
    last: int


class Mark(NamedTuple):
    at: float
    text: str


class Chart(NamedTuple):
    lines: list[Line]
    across: list[Mark]  # at their x
    up: list[Mark]  # at their y
    described: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def chart(times: Sequence[datetime], series: Mapping[str, Sequence[int]]) -> Chart | None:
    """Returns the chart; None while there is only one snapshot."""
    if len(times) < 2 or times[0] == times[-1]:
        return None
    most = max((max(values) for values in series.values()), default=0) or 1
    span = (times[-1] - times[0]).total_seconds()
    x = [LEFT + (WIDTH - LEFT - RIGHT) * (t - times[0]).total_seconds() / span for t in times]
    lines = [
        Line(name, _points(x, [_y(n, most) for n in values]), values[-1])
        for name, values in series.items()
    ]
    pattern = "%H:%M" if span < 86_400 else "%d %b %H:%M"
    across = [Mark(x[0], f"{times[0]:{pattern}}"), Mark(x[-1], f"{times[-1]:{pattern}} UTC")]
    up = [Mark(_y(n, most), f"{n:,}") for n in sorted({0, most // 2, most})]
    said = ", ".join(f"{line.name} {line.last:,}" for line in lines)
    return Chart(lines, across, up, f"From {across[0].text} to {across[1].text}: {said}.")


def _points(x: Sequence[float], y: Sequence[float]) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _y(n: int, most: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * n / most
