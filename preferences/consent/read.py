"""What people said, and what they get: read for the API and the export."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec import Struct

from channels.base import Channel
from preferences.consent.choices import FOR_EVER
from preferences.consent.schemas import EVERYTHING, Names, QuietHoursBody, Scope, load_names
from preferences.consent.write import load_choices
from preferences.decision.decide import basis, decide
from preferences.decision.values import Skip, Target
from preferences.facts.facts import Person, Point, load_people, load_points_of
from preferences.facts.types import TypeValue, catalogue
from preferences.models import QuietHours, Recipient


class Gets(Struct):
    """`reason` when `gets` is true: `mandatory`, `chosen_type`, `chosen_category` or `default`;
    when false: the code a delivery would have."""

    gets: bool
    reason: str


class SaidPreferences(Struct, kw_only=True):
    unsubscribed: bool
    channels: dict[str, bool]
    categories: dict[str, dict[str, bool]]
    types: dict[str, dict[str, bool]]
    quiet_hours: QuietHoursBody | None
    timezone: str
    paused_until: datetime | None


class Preferences(SaidPreferences, kw_only=True):
    """The preferences, and what follows from them: `gets` by notification type and channel, at any
    time of day."""

    gets: dict[str, dict[str, Gets]]


class ExportedPreferences(SaidPreferences, kw_only=True):
    external_id: str


def preferences_get(external_id: str, now: datetime) -> Preferences | None:
    """Returns what the person chose, and what that means for each type and channel; None:
    unknown."""
    row = Recipient.objects.filter(external_id=external_id, erased_at=None).first()
    if row is None:
        return None
    said = read_said([row], load_names())[0]
    return Preferences(**said, gets=_gets(row.pk, now))


def read_said(rows: Sequence[Recipient], names: Names) -> list[dict[str, Any]]:
    """The fields of SaidPreferences of each of them."""
    ids = [row.pk for row in rows]
    choices = load_choices(ids)
    hours = {quiet.pk: quiet for quiet in QuietHours.objects.filter(pk__in=ids)}
    types = {id_: slug for slug, id_ in names.types.items()}
    categories = {id_: slug for slug, id_ in names.categories.items()}
    return [
        {
            **_by_name(choices[row.pk], types, categories),
            "quiet_hours": _hours(hours.get(row.pk)),
            "timezone": row.timezone,
            "paused_until": row.paused_until,
        }
        for row in rows
    ]


def _by_name(
    choices: Mapping[Scope, bool], types: Mapping[int, str], categories: Mapping[int, str]
) -> dict[str, Any]:
    of_channels: dict[str, bool] = {}
    of_categories: dict[str, dict[str, bool]] = {}
    of_types: dict[str, dict[str, bool]] = {}
    for (type_id, category_id, channel), enabled in choices.items():
        if type_id is not None and type_id in types:
            of_types.setdefault(types[type_id], {})[channel] = enabled
        elif category_id is not None and category_id in categories:
            of_categories.setdefault(categories[category_id], {})[channel] = enabled
        elif channel:
            of_channels[channel] = enabled
    return {
        "unsubscribed": choices.get(EVERYTHING) is False,
        "channels": of_channels,
        "categories": of_categories,
        "types": of_types,
    }


def _hours(row: QuietHours | None) -> QuietHoursBody | None:
    return QuietHoursBody(f"{row.start:%H:%M}", f"{row.end:%H:%M}") if row else None


def _gets(recipient_id: int, now: datetime) -> dict[str, dict[str, Gets]]:
    types = catalogue.get().by_slug
    person = load_people({recipient_id}, [t.id for t in types.values()], rules_only=True).get(
        recipient_id
    )
    if person is None:
        return {}
    points = load_points_of({recipient_id}, list(Channel))
    return {
        slug: {name: _gets_by(type_, person, name, points, now) for name in type_.channels}
        for slug, type_ in sorted(types.items())
    }


def _gets_by(
    type_: TypeValue,
    person: Person,
    channel: str,
    points: Mapping[tuple[int, str], Sequence[Point]],
    now: datetime,
) -> Gets:
    """Hours only put it off: they are left out."""
    unrestricted = replace(person.rules, quiet=None)
    rules = replace(type_.rules, window=None)
    decision = decide(
        now,
        rules=rules,
        person=unrestricted,
        target=_target(person.id, channel, points),
        expires_at=FOR_EVER,
    )
    if isinstance(decision, Skip):
        return Gets(False, decision.reason)
    return Gets(True, basis(rules, unrestricted, channel))


def _target(
    recipient_id: int, channel: str, points: Mapping[tuple[int, str], Sequence[Point]]
) -> Target:
    """One address that may be written to is enough."""
    if channel == Channel.INBOX:
        return Target(channel)
    there = points.get((recipient_id, channel), ())
    return Target(channel, bool(there), bool(there) and all(point.suppressed for point in there))
