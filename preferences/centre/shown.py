"""The state of a person's page in words, as its template takes it."""

from datetime import datetime, tzinfo
from typing import Any

from django.utils import translation
from django.utils.formats import date_format

from preferences.centre import brand
from preferences.centre.changes import BREAKS
from preferences.centre.forms import HoursForm, shown_hours, zone_choices
from preferences.centre.state import Group, State, Switch
from preferences.centre.texts import Texts, channel_name, say


def context(
    state: State, texts: Texts, language: str, good_until: datetime, typed: HoursForm | None
) -> dict[str, Any]:
    """`typed`: the times as somebody wrote them, where they have to be corrected."""
    hours = typed or shown_hours(state)
    movable = [
        switch
        for kind, switch in state.switches().values()
        if not (kind.mandatory or switch.stopped or state.unsubscribed)
    ]
    until = state.paused_until
    return {
        "state": state,
        "intro": say(texts, "intro", brand=brand.name()),
        "personal": say(texts, "personal", until=day(good_until, state.zone, language)),
        "groups": [_group(state, texts, group) for group in state.groups],
        "shown": " ".join(switch.key for switch in movable),
        "was": " ".join(switch.key for switch in movable if switch.on),
        "stopped": [
            (name, say(texts, "stopped", channel=channel_name(texts, name)))
            for name in state.stopped_channels()
        ],
        "paused": say(texts, "paused", until=instant(until, state.zone, language)) if until else "",
        "breaks": [(days, texts[f"pause_{days}"]) for days in BREAKS],
        "hours": hours,
        "problems": {name: texts[key] for name, key in hours.problems.items()},
        "zones": zone_choices(state.rules.timezone),
        "places": [
            (capital(channel_name(texts, place.channel)), place.hint, texts[f"place_{place.state}"])
            for place in state.addresses
        ],
    }


def _group(state: State, texts: Texts, group: Group) -> dict[str, Any]:
    """Without a name where it is the only one."""
    name = group.name or (texts["news_other"] if len(state.groups) > 1 else "")
    kinds = [
        {"about": kind, "switches": [_switch(state, texts, switch) for switch in kind.switches]}
        for kind in group.kinds
    ]
    return {"name": name, "description": group.description, "kinds": kinds}


def _switch(state: State, texts: Texts, switch: Switch) -> dict[str, Any]:
    return {
        "key": switch.key,
        "label": capital(channel_name(texts, switch.channel)),
        "on": switch.on,
        "fixed": switch.stopped or state.unsubscribed,
    }


def capital(word: str) -> str:
    """Returns the text with its first letter as a capital."""
    return word[:1].upper() + word[1:]


def instant(at: datetime, zone: tzinfo, language: str) -> str:
    """With date and time, by the person's clock, as their language writes it."""
    with translation.override(language):
        return date_format(at.astimezone(zone), "DATETIME_FORMAT")


def day(at: datetime, zone: tzinfo, language: str) -> str:
    with translation.override(language):
        return date_format(at.astimezone(zone), "DATE_FORMAT")
