"""From what an author wrote to what is rendered: partials in their place, MJML as HTML, the
preheader inside it, a text beside it. Done once, when a version is published. Pure."""

import html as entities
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from minijinja import TemplateError

from channels.base import Channel
from channels.compose import html_to_text
from templates import place
from templates.build import mjml
from templates.build.flatten import Partials, flatten, names
from templates.build.placeholders import WORD, held
from templates.engine import language
from templates.engine.language import engine
from templates.engine.problem import Problem, refused
from templates.engine.tokens import TEXT, NotAllowed, segments
from templates.fields import DATA, PARTIAL

Parts = Mapping[str, Mapping[str, Mapping[str, Any]]]
BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
HIDDEN = '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}{}</div>'
PADDING = "&#847;&zwnj;&nbsp;" * 40  # or the list of mails would go on with the text below


class Built(NamedTuple):
    parts: dict[str, dict[str, dict[str, Any]]]
    pins: dict[str, int]  # the partials in it and in those, by slug, and their versions
    problems: list[Problem]


def partials_of(parts: object) -> set[str]:
    """The names its texts include or extend."""
    return {name for _, _, _, source in _sources(parts) for name in names(source)}


def build(parts: Parts, partials: Partials) -> Built:
    """Of parts whose shape is right; see `checks.check`."""
    problems: list[Problem] = []
    built: dict[str, dict[str, dict[str, Any]]] = {}
    for channel, locales in parts.items():
        for locale, part in locales.items():
            made = _Part(channel, locale, partials, problems).made(part)
            built.setdefault(channel, {})[locale] = made
    used = [partials[name] for name in sorted(partials_of(parts)) if name in partials]
    pins = {slug: number for partial in used for slug, number in partial.pins.items()}
    pins |= {partial.slug: partial.number for partial in used}
    return Built(built, pins, problems)


class _Part:
    """One channel and locale; what is wrong goes to `problems`, and its field is left out."""

    def __init__(
        self, channel: str, locale: str, partials: Partials, problems: list[Problem]
    ) -> None:
        self.channel, self.locale, self.partials = channel, locale, partials
        self.problems = problems

    def made(self, part: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for field, source in part.items():
            if field == DATA:
                flat = {name: self._flat(f"{DATA}.{name}", text) for name, text in source.items()}
                made[DATA] = {name: text for name, text in flat.items() if text is not None}
            elif (text := self._flat(field, source)) is not None:
                made[field] = text
        return self._mail(made) if self.channel == Channel.EMAIL else made

    def _flat(self, field: str, source: str) -> str | None:
        place.enter(self.channel, self.locale, field)
        try:
            return flatten(source, self.locale, self.partials, open_blocks=self.channel == PARTIAL)
        except NotAllowed as error:
            self.problems.append(refused(self.channel, self.locale, field, error))
            return None

    def _mail(self, part: dict[str, Any]) -> dict[str, Any]:
        source, preheader = part.pop("mjml", ""), part.pop("preheader", "")
        if source and part.get("html"):
            message = "Write html or mjml, not both"
            self.problems.append(
                Problem(
                    channel=self.channel, locale=self.locale, field="mjml", message=message, line=1
                )
            )
        elif source:
            place.enter(self.channel, self.locale, "mjml")
            try:
                part["html"] = mjml.to_html(source)
            except NotAllowed as error:
                self.problems.append(refused(self.channel, self.locale, "mjml", error))
        place.enter(self.channel, self.locale, "html")
        if part.get("html") and not part.get("text") and (text := text_of(part["html"])):
            part["text"] = text
        if preheader and part.get("html"):
            part["html"] = with_preheader(part["html"], preheader)
        return part


def with_preheader(html: str, preheader: str) -> str:
    """Shown after the subject in the list of mails. Variables in it are escaped by the engine."""
    pieces = (
        entities.escape(s.text, quote=False) if s.kind == TEXT else s.text
        for s in segments(preheader)
    )
    hidden = HIDDEN.format("".join(pieces).strip(), PADDING)
    body = BODY.search(html)
    at = body.end() if body else 0
    return f"{html[:at]}{hidden}{html[at:]}"


def text_of(html: str) -> str:
    """The HTML's message, its variables as they are; "" where that gives no text that can be read:
    then each mail's own HTML is made into one."""
    if len(html) > language.MAX_SOURCE:
        return ""
    try:
        kept = held(html)
        lines = html_to_text(kept.text).split("\n")
        text = kept.back_in("".join(_joined(lines, kept.tags())))
        language.read(text)
        engine().add_template("text", text)
    except (NotAllowed, TemplateError):
        return ""
    return text


def _joined(lines: list[str], tags: frozenset[str]) -> Iterator[str]:
    """A line of `if`s and `for`s alone says nothing, and is none."""
    for line in lines:
        alone = line.strip() and not WORD.sub(lambda w: "" if w[0] in tags else "x", line).strip()
        yield line.strip() if alone else f"{line}\n"


def _sources(parts: object) -> Iterator[tuple[str, str, str, str]]:
    """(channel, locale, field, source) of whatever has that shape."""
    if not isinstance(parts, Mapping):
        return
    for channel, locales in parts.items():
        for locale, part in locales.items() if isinstance(locales, Mapping) else ():
            for field, source in part.items() if isinstance(part, Mapping) else ():
                if isinstance(source, str):
                    yield channel, locale, field, source
                elif isinstance(source, Mapping):
                    for name, text in source.items():
                        if isinstance(text, str):
                            yield channel, locale, f"{field}.{name}", text
