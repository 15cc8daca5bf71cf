"""The texts of a notification, each channel and language once, and what of them may be shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from notifications.claim import Claimed
from notifications.links.dressing import supplied
from preferences.catalogue import TypeValue
from templates.render import Compiled, RenderFailed, choose_locale, render

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

    def of(self, row: Claimed, locale: str) -> Text:
        chosen = choose_locale(self._version.parts[row.channel], locale)
        key = f"{row.channel} {chosen}"
        if key not in self._known:
            self._known[key] = self._written(key, row, chosen)
        return self._known[key]

    def shown(self) -> dict[str, dict[str, str]]:
        return {text.key: text.shown for text in self._known.values() if not text.problem}

    def _written(self, key: str, row: Claimed, locale: str) -> Text:
        names = self._version.supplied(row.channel)
        ours = placeholders(supplied(names, row, self._type, self._now))
        try:
            parts = render(self._version, row.channel, locale, {**ours, **self._variables})
        except RenderFailed as error:
            return Text(key, {}, {}, str(error))
        if not self._type.sensitive:
            return Text(key, parts, parts)
        return Text(key, parts, self._hidden(row.channel, locale, ours))

    def _hidden(self, channel: str, locale: str, ours: Mapping[str, str]) -> dict[str, str]:
        """With its variables masked; nothing, where the text cannot be written that way."""
        try:
            return render(self._version, channel, locale, {**ours, **masked(self._variables)})
        except RenderFailed:
            return {}


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
