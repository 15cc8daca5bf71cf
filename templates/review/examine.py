"""What there is to say of a draft before it is published: built, checked, and advised on. Pure.

It runs in a process of its own (`templates/checker`): what people wrote may be more than the
programs that read it can bear.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from channels.base import Channel
from templates import place
from templates.build import build as building
from templates.build import samples, schema
from templates.build.flatten import Partials, plain
from templates.build.validate import InvalidSchema, Validator
from templates.build.variables_used import Use, uses
from templates.engine.problem import Problem, errors, refused
from templates.engine.render import Compiled, sources
from templates.engine.tokens import NotAllowed
from templates.fields import PARTIAL, PERSON
from templates.review import advice
from templates.review.checks import MESSAGES, check, check_source, declared_variables

OURS = frozenset({"id", "locale", "timezone"})  # attributes that everybody has

Parts = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author has written."""

    slug: str
    kind: str
    parts: Any
    schema: Any = None
    sample: Any = None


@dataclass(slots=True)
class Review:
    """`built` and `accepts` are to be kept when it is published; empty when it cannot be read."""

    problems: list[Problem]
    built: dict[str, Any] = field(default_factory=dict)
    pins: dict[str, int] = field(default_factory=dict)
    accepts: dict[str, Any] = field(default_factory=dict)
    variables: list[str] = field(default_factory=list)
    sample: dict[str, Any] = field(default_factory=dict)  # the author's, or made from the schema

    @property
    def errors(self) -> list[Problem]:
        return errors(self.problems)


def examine(draft: Draft, partials: Partials) -> Review:
    """Returns what is wrong with a draft, and its built parts where nothing is. Pure."""
    is_partial = draft.kind == PARTIAL
    wrong = check(draft.parts, (PARTIAL,) if is_partial else MESSAGES)
    if wrong:
        return Review(wrong)
    built = building.build(draft.parts, partials)
    found = Review([*built.problems, *_unreadable(built)], built.parts, built.pins)
    if draft.slug in built.pins:
        found.problems.append(Problem("", "", "", f"`{draft.slug}` would include itself"))
    if not found.errors and not is_partial:
        _with_data(draft, found)
    return found


def _with_data(draft: Draft, found: Review) -> None:
    used = [use for _, _, _, source in _texts(found.built) for use in uses(source)]
    found.accepts = draft.schema or schema.infer(used)
    found.variables = declared_variables(found.built)
    found.problems += _schema_problems(draft, found, used)
    if found.errors:
        return
    place.enter("", "", "sample")
    made = samples.sample_of(found.accepts, used)
    found.sample = {**made, **draft.sample} if isinstance(draft.sample, dict) else made
    shown = advice.rendered(Compiled(found.built), found.sample)
    found.problems += [
        *_attributes(draft.parts),
        *(where_written(problem, draft.parts) for problem in advice.of_sample(shown)),
        *advice.missing_locales(draft.parts),
    ]


def where_written(problem: Problem, parts: Parts) -> Problem:
    """HTML that was made of MJML, or a text that was made of either, is mended there."""
    part = parts.get(problem.channel, {}).get(problem.locale, {})
    if problem.channel != Channel.EMAIL or problem.field in part or not problem.field:
        return problem
    sources = [name for name in ("mjml", "html") if name in part]
    return replace(problem, field=sources[0]) if sources else problem


def _schema_problems(draft: Draft, found: Review, used: list[Use]) -> Iterator[Problem]:
    """Of one somebody wrote; that of the text itself fits it, if it is not too large."""
    place.enter("", "", "schema")
    try:
        Validator(found.accepts)
    except InvalidSchema as error:
        message = (
            str(error) if draft.schema else f"The text uses too many names. {error}: write one"
        )
        yield Problem("", "", "schema", message)
        return
    if not draft.schema:
        return
    told = set()
    for channel, locale, name, source in _written(draft.parts):
        for use in schema.undeclared(found.accepts, uses(plain(source))):
            told.add(use.path)
            message = f"The schema has no `{use.name}`"
            yield Problem(
                channel=channel, locale=locale, field=name, message=message, line=use.line
            )
    for use in schema.undeclared(found.accepts, used):
        if use.path not in told:
            yield Problem("", "", "schema", f"It has no `{use.name}`, which a partial uses")
    for name in schema.unused(found.accepts, used):
        yield Problem("", "", "schema", f"No text uses `{name}`", warning=True)


def _attributes(parts: Parts) -> Iterator[Problem]:
    for channel, locale, field_, source in _written(parts):
        optional = {use.path for use in uses(plain(source)) if use.optional}
        for use in uses(plain(source)):
            attribute = use.path[1] if use.path[0] == PERSON and len(use.path) > 1 else ""
            if attribute and attribute not in OURS and use.path not in optional:
                yield advice.attribute_not_of_all(channel, locale, field_, attribute, use.line)


def _unreadable(built: building.Built) -> Iterator[Problem]:
    """A partial may close what its text has opened, or the whole be too long."""
    wrong = {(p.channel, p.locale) for p in built.problems}
    for channel, locale, name, source in _texts(built.parts):
        if channel == PARTIAL or (channel, locale) in wrong:
            continue
        try:
            check_source(source)
        except NotAllowed as error:
            found = refused(channel, locale, name, error)
            yield replace(found, message=f"With its partials: {error}", line=None)


def _texts(parts: Parts) -> Iterator[tuple[str, str, str, str]]:
    for channel, locales in parts.items():
        for locale, part in locales.items():
            for name, _, source in sources(channel, part):
                yield channel, locale, name, source


def _written(parts: Parts) -> Iterator[tuple[str, str, str, str]]:
    """The author's own fields, `data` by the names of its fields."""
    for channel, locale, name, source in _texts(parts):
        yield channel, locale, name.replace("data_", "data.", 1), source
