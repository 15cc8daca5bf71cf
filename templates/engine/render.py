"""Turn a version's parts and a request's variables into text. Pure: no database, no settings.

Variables are JSON values. `parts` is {channel: {locale: {field: source}}}, already checked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minijinja import Environment, TemplateError

from channels import locales
from channels.mailbox import InvalidMailbox, mailbox_of
from templates.engine import language, mrkdwn
from templates.engine.effort import UNWEIGHED, Reads, too_much
from templates.engine.filters import FILTERS, clues
from templates.engine.language import MAX_OUTPUT, engine, names_in
from templates.engine.localise import CannotWrite
from templates.engine.tokens import NotAllowed
from templates.fields import DATA, DATUM, DEFAULT_LOCALE, FIELDS, PERSON, SUPPLIED, Kind

UNMETERED_PRINTS = 200  # with no loop, so few values cannot make a text too long to bear
MAX_PLANS = 1_000  # remembered (channel, locale) pairs; locales come from outside

CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
LOCALISED = re.compile(rf"\|\s*(?:{'|'.join(FILTERS)})\b")
LINK = re.compile(r"(?!(?:javascript|data|vbscript|file|blob):)(?:[a-z][a-z0-9+.-]*:|/|$)\S*", re.I)

# The engine's own messages may quote values.
WHY = {
    "UndefinedError": "A variable is missing",
    "OutOfFuel": "It takes too long",
    "InvalidOperation": "A variable is not of the kind the text expects",
    "SyntaxError": "The text cannot be read",
    "NonKey": "A variable is not of the kind the text expects",
}


class RenderFailed(Exception):
    """One field could not be written. The message is safe to show: it holds no variable's value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class _Step:
    """One field: `name` is its template's in `engine`."""

    field: str
    kind: Kind
    engine: Environment
    name: str
    reads: Reads
    plain: bool  # as nearly all are: neither weighed nor cleaned


class Compiled:
    """One version, its sources compiled when first needed. Threads may share it."""

    __slots__ = (
        *("_metered", "_plain", "_plans", "_supplied"),
        *("channels", "localised", "mentioned", "parts"),
    )

    def __init__(self, parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        self.parts = parts
        self.channels = frozenset(parts)
        # Channels some text of which asks for the person's locale or zone.
        self.localised = frozenset(c for c, texts in parts.items() if LOCALISED.search(str(texts)))
        self._plain = engine()
        self._metered: dict[str, Environment] = {}
        self._supplied = {channel: _mentioned(channel, parts[channel]) for channel in parts}
        self.mentioned = frozenset().union(*self._supplied.values())
        self._plans: dict[tuple[str, str], tuple[_Step, ...]] = {}

    def supplied(self, channel: str) -> frozenset[str]:
        """Which of the variables we supply some text of the channel mentions."""
        return self._supplied.get(channel, frozenset())

    def plan(self, channel: str, locale: str) -> tuple[_Step, ...]:
        """Raises RenderFailed."""
        found = self._plans.get((channel, locale))
        if found is None:
            found = tuple(self._steps(channel, locale))
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            self._plans[channel, locale] = found
        return found

    def _steps(self, channel: str, locale: str) -> Iterator[_Step]:
        written = self.parts.get(channel)
        if not written:
            raise RenderFailed("", f"The template has no text for {channel}")
        chosen = choose_locale(written, locale)
        own, default = written[chosen], written.get(DEFAULT_LOCALE, {})
        for field, kind, source in sources(channel, {**_inherited(channel, default), **own}):
            yield self._step(f"{channel}/{chosen}/{field}{kind.suffix}", field, kind, source)

    def _step(self, name: str, field: str, kind: Kind, source: str) -> _Step:
        try:
            cost = language.read(source)
            chosen = self._plain
            written = mrkdwn.escaping(source) if kind.mrkdwn else None
            if written or cost.loops or cost.prints > UNMETERED_PRINTS:
                chosen = self._metered.setdefault(name, engine(cost, written))
            source = mrkdwn.marked(source) if kind.mrkdwn else source
            chosen.add_template(name, source)
        except (NotAllowed, TemplateError):
            raise RenderFailed(field, "The text cannot be read") from None
        plain = sum(cost.reads.values()) <= UNWEIGHED and not kind.mrkdwn
        return _Step(
            field=field, kind=kind, engine=chosen, name=name, reads=cost.reads, plain=plain
        )


def render(
    version: Compiled, channel: str, locale: str, variables: Mapping[str, object], zone: str = ""
) -> dict[str, str]:
    """The text of each field in the language nearest to `locale`. Raises RenderFailed.

    A variable that is null counts as missing: nobody should read "None". Dates are those of `zone`.
    """
    steps = version.plan(channel, locale)
    return _written(version, channel, locale, variables, zone=zone, steps=steps)


def render_field(
    version: Compiled, channel: str, locale: str, field: str, variables: Mapping[str, object]
) -> str:
    """One field alone; "" where there is none. Raises RenderFailed."""
    steps = [step for step in version.plan(channel, locale) if step.field == field]
    return _written(version, channel, locale, variables, zone="", steps=steps).get(field, "")


def _written(
    version: Compiled,
    channel: str,
    locale: str,
    variables: Mapping[str, object],
    *,
    zone: str,
    steps: Iterable[_Step],
) -> dict[str, str]:
    given = dict(variables)
    if None in given.values():
        given = {name: value for name, value in given.items() if value is not None}
    if channel in version.localised:
        given.update(clues(locale, zone, _language(version, channel, locale)))
    texts = {}
    for step in steps:
        own = given if step.plain else _own(step, given)
        try:
            text = step.engine.render_template(step.name, **own)
        except Exception as error:  # whatever a value does to the engine, it fails this field only
            raise RenderFailed(step.field, _why(error)) from None
        texts[step.field] = _tidy(step, text)
    return texts


def _own(step: _Step, given: dict[str, object]) -> dict[str, object]:
    """The variables as this field gets them. Raises RenderFailed."""
    if too_much(step.reads, given):
        raise RenderFailed(step.field, "It takes too long")
    return mrkdwn.without_marks(given) if step.kind.mrkdwn else given


def choose_locale(known: Iterable[str], wanted: str) -> str:
    """`de-AT` → `de` → `default`; what is near what, see `channels.locales`."""
    names = tuple(known)
    chosen = locales.choose(names, wanted) if wanted else None
    return chosen or (DEFAULT_LOCALE if DEFAULT_LOCALE in names else min(names))


def sources(channel: str, part: Mapping[str, Any]) -> Iterator[tuple[str, Kind, str]]:
    """Each field of a part with its kind and source, `data` by its names. Unknown ones are left."""
    for field, kind in FIELDS[channel].items():
        if part.get(field):
            yield field, kind, part[field]
    for name, source in (part.get(DATA) or {}).items():
        yield f"{DATA}_{name}", DATUM, source


def _tidy(step: _Step, text: str) -> str:
    if len(text) > MAX_OUTPUT:
        raise RenderFailed(step.field, "It is too long")
    kind = step.kind
    if kind.mailbox:
        return _mailbox(step.field, text.strip())
    if kind.one_line and not text.isprintable():
        text = CONTROL.sub(" ", text)  # a line break would start another header
    text = text.strip()
    if kind.link and not LINK.fullmatch(text):
        raise RenderFailed(step.field, "It is not a link")
    return text


def _mailbox(field: str, text: str) -> str:
    """As it is: of a line break nothing is made that somebody might answer to."""
    try:
        if text:
            mailbox_of(text)
    except InvalidMailbox as error:
        raise RenderFailed(field, f"Nobody can answer to it. {error}") from None
    return text


def _language(version: Compiled, channel: str, locale: str) -> str:
    """Which one the text is written in; of the default text nobody says."""
    chosen = choose_locale(version.parts.get(channel) or {DEFAULT_LOCALE: {}}, locale)
    return "" if chosen == DEFAULT_LOCALE else chosen


def _mentioned(channel: str, texts: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    written = str(texts)
    found = {name for name in SUPPLIED if name in written}
    if PERSON in found and not any(map(_asks_for_person, _texts(channel, texts))):
        found.remove(PERSON)
    return frozenset(found)


def _texts(channel: str, texts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    return (text for part in texts.values() for _, _, text in sources(channel, part))


def _asks_for_person(source: str) -> bool:
    try:
        return PERSON in names_in(source)
    except (NotAllowed, TemplateError):
        return False  # it will fail for itself


def _inherited(channel: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """What says the same in every language."""
    kept = {f: part[f] for f, kind in FIELDS[channel].items() if kind.inherited and part.get(f)}
    return {**kept, DATA: part[DATA]} if part.get(DATA) else kept


def _why(error: Exception) -> str:
    if isinstance(error, OverflowError):
        return "It is too long"
    if isinstance(error, CannotWrite):
        return str(error)
    if not isinstance(error, TemplateError):
        return "A variable cannot be written"
    why = WHY.get(error.kind, "The text cannot be written")
    return f"{why} (line {error.line})" if error.line else why
