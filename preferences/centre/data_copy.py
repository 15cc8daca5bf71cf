"""A copy of what is stored about a person, for them. Addresses are masked and attributes are
named without their values: a link may be forwarded, and a masked address is of no use to others.

What rooms above keep of people they register in `data_copy_sections`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from notifyproj.core.extension_point import ExtensionPoint
from preferences.centre.state import State
from preferences.models import ConsentEvent, Preference

MOST = 1_000  # of each, the newest
# What else the copy holds, by the name of its section; the instant is when its link was made.
data_copy_sections: ExtensionPoint[Callable[[State, datetime], Any]] = ExtensionPoint()


def copy_of(state: State, link_made_at: datetime) -> dict[str, Any]:
    return {
        "made_at": state.now,
        "profile": _profile(state),
        "addresses": [address._asdict() for address in state.addresses],
        "choices": _choices(state),
        "consent_history": _consents(state),
        **{name: read(state, link_made_at) for name, read in data_copy_sections.items()},
    }


def _profile(state: State) -> Mapping[str, Any]:
    who = state.recipient
    return {
        "id": who.external_id,
        "locale": who.locale,
        "time_zone": who.timezone,
        "known_since": who.created_at,
        "changed_at": who.updated_at,
        "quiet_hours": state.quiet and {"start": state.quiet[0], "end": state.quiet[1]},
        "paused_until": state.paused_until,
        "attributes_stored": sorted(who.attributes),
    }


def _choices(state: State) -> list[dict[str, Any]]:
    rows = Preference.objects.filter(recipient=state.recipient).order_by("pk")
    return [
        {
            "kind": row.type.name if row.type else "",
            "group": row.category.name if row.category else "",
            "channel": row.channel,
            "wanted": row.enabled,
            "since": row.updated_at,
        }
        for row in rows.select_related("type", "category")[:MOST]
    ]


def _consents(state: State) -> list[dict[str, Any]]:
    rows = ConsentEvent.objects.filter(recipient=state.recipient).order_by("-at", "-pk")
    what = ("at", "about", "action")
    fields = (*what, "type__name", "category__name", "channel", "source", "wording")
    names = (*what, "kind", "group", "channel", "source", "wording")
    return [dict(zip(names, row, strict=True)) for row in rows.values_list(*fields)[:MOST]]
