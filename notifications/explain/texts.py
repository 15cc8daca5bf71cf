"""The texts of a notification, each channel and language once, and what of them may be shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from notifications.dispatch.claim import Claimed
from notifications.links.decorate import supplied
from notifications.personal import person_variables
from preferences.facts.facts import Person
from preferences.facts.types import TypeValue
from templates.engine.render import Compiled, RenderFailed, choose_locale, render
from templates.fields import PERSON

HIDDEN = "•••"


class Text(NamedTuple):
    key: str
    parts: dict[str, str]
    shown: dict[str, str]
    problem: str = ""


class Texts:
    def __init__(
        self, version: Compiled, type_: TypeValue, variables: Mapping[str, Any], now: datetime
    ) -> None:
        self._version, self._type, self._now = version, type_, now
        self._variables = variables
        self._known: dict[str, Text] = {}

    def of(self, row: Claimed, person: Person) -> Text:
        key = self._key(row.channel, person)
        if key not in self._known:
            self._known[key] = self._written(key, row, person)
        return self._known[key]

    def shown(self) -> dict[str, dict[str, str]]:
        return {text.key: text.shown for text in self._known.values() if not text.problem}

    def _key(self, channel: str, person: Person) -> str:
        """One text for all, unless it says something of each person."""
        key = f"{channel} {choose_locale(self._version.parts[channel], person.locale)}"
        own = PERSON in self._version.supplied(channel) or channel in self._version.localised
        return f"{key} {person.external_id}" if own else key

    def _written(self, key: str, row: Claimed, person: Person) -> Text:
        names = self._version.supplied(row.channel)
        ours = placeholders(supplied(names, row, self._type, self._now))
        given = {**person_variables(names, person), **self._variables}
        try:
            parts = self._rendered(row.channel, person, {**ours, **given})
        except RenderFailed as error:
            return Text(key, {}, {}, str(error))
        if not self._type.sensitive:
            return Text(key, parts, parts)
        return Text(key, parts, self._hidden(row.channel, person, ours, given))

    def _hidden(
        self, channel: str, person: Person, ours: Mapping[str, str], given: Mapping[str, Any]
    ) -> dict[str, str]:
        """With its variables masked; nothing, where the text cannot be written that way."""
        try:
            return self._rendered(channel, person, {**ours, **masked(given)})
        except RenderFailed:
            return {}

    def _rendered(
        self, channel: str, person: Person, variables: Mapping[str, Any]
    ) -> dict[str, str]:
        return render(self._version, channel, person.locale, variables, person.rules.timezone)


def placeholders(links: Mapping[str, str]) -> dict[str, str]:
    """As long as the real ones, so that the parts of an SMS are counted right. With a real one,
    whoever asks could act in the name of the person."""
    return {name: _blank(url) for name, url in links.items()}


def _blank(url: str) -> str:
    head, slash, token = url.rpartition("/")
    return f"{head}{slash}{'x' * len(token)}"


def masked(value: Any) -> Any:
    """The same shape without a value of it."""
    if isinstance(value, Mapping):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return value if value is None or isinstance(value, bool) else HIDDEN
