"""What the page's forms say, and what is wrong with it. What was typed is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from zoneinfo import available_timezones

from django.http import QueryDict

from preferences.centre.state import State

REGIONS = frozenset(
    "Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split()
)
NIGHT = ("22:00", "08:00")  # offered to who has no quiet hours


@dataclass(frozen=True, slots=True)
class HoursForm:
    quiet: bool
    start: str
    end: str
    zone: str
    problems: Mapping[str, str] = field(default_factory=dict)  # field: key of the words

    def hours(self) -> tuple[time, time] | None:
        """Of a form without problems."""
        start, end = _time(self.start), _time(self.end)
        return (start, end) if self.quiet and start and end else None


def shown_hours(state: State) -> HoursForm:
    start, end = (f"{at:%H:%M}" for at in state.quiet) if state.quiet else NIGHT
    return HoursForm(state.quiet is not None, start, end, state.rules.timezone)


def read_hours(post: QueryDict, state: State) -> HoursForm:
    typed = {name: post.get(name, "").strip()[:64] for name in ("start", "end", "zone")}
    quiet, problems = "quiet" in post, {}
    if quiet:
        problems = {name: "wrong_time" for name in ("start", "end") if _time(typed[name]) is None}
        if not problems and typed["start"] == typed["end"]:
            problems = {"end": "wrong_same"}
    if typed["zone"] not in _known_zones() and typed["zone"] != state.rules.timezone:
        problems["zone"] = "wrong_zone"
    return HoursForm(quiet, **typed, problems=problems)


def toggled(post: QueryDict) -> dict[str, bool]:
    """The switches that were moved, by key: a page that is old does not turn back what was
    changed elsewhere."""
    shown, was = post.get("shown", "").split(), set(post.get("was", "").split())
    on = set(post.getlist("on"))
    return {key: key in on for key in shown if (key in on) != (key in was)}


def zone_choices(current: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """(region, [(zone, its name there)]); what belongs to none, and what one has, comes first."""
    listed = {zone for _, zones in _zones() for zone, _ in zones}
    first = [("UTC", "UTC")] if current in listed else [(current, current)]
    return [("", first), *_zones()]


@cache
def _zones() -> list[tuple[str, list[tuple[str, str]]]]:
    regions: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(available_timezones()):
        region, _, place = zone.partition("/")
        if region in REGIONS:
            regions.setdefault(region, []).append((zone, place.replace("_", " ")))
    return list(regions.items())


@cache
def _known_zones() -> frozenset[str]:
    return frozenset({"UTC", *(zone for _, zones in _zones() for zone, _ in zones)})


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None
