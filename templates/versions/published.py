"""Finding versions: by the name a request gives, and compiled for rendering.

Versions never change once published, so what is compiled stays; only names are asked anew.
"""

import logging
import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, TextField

from channels.base import Channel
from templates.build.enforceable import enforceable
from templates.build.validate import InvalidSchema, Needs, Validator
from templates.build.variables_used import Use, uses
from templates.engine.render import Compiled, render_field
from templates.engine.render import RenderFailed as RenderFailed
from templates.engine.tokens import NotAllowed
from templates.fields import SUPPLIED
from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.review.unsubscribe_check import without_way_out

logger = logging.getLogger(__name__)

NUMBERED = re.compile(r"(?P<slug>[\w-]+)-v(?P<number>[1-9]\d{0,8})", re.ASCII)
REMEMBER = 2.0  # seconds a name is not asked anew: as long may a new version take to be used
MAX_REMEMBERED = 10_000
MAX_COMPILED = 512
REPLY_TO = "reply_to"
SENT = (TemplateKind.MESSAGE, TemplateKind.TRIAL)


@dataclass(frozen=True, slots=True)
class VersionValue:
    """A published version, without its text."""

    id: int
    template: str  # slug
    number: int
    variables: tuple[str, ...]  # every request must give these
    channels: frozenset[str]

    @property
    def name(self) -> str:
        """As a request names it."""
        return f"{self.template}-v{self.number}"


class ReplyAddress(NamedTuple):
    locale: str
    variables: tuple[str, ...]  # the names it is made of


def find_version(template_id: str) -> VersionValue | None:
    """See `find_versions`."""
    return find_versions({template_id}).get(template_id)


def find_versions(template_ids: Iterable[str]) -> dict[str, VersionValue]:
    """The published version each name means; unknown names are left out. At most one query.

    `order-v2` is version 2 of `order`, unless a template has exactly that slug; a slug alone is
    its newest version.
    """
    now = time.monotonic()
    wanted = set(template_ids)
    unknown = {name for name in wanted if _remembered.get(name, (0.0, None))[0] <= now}
    if unknown:
        if len(_remembered) > MAX_REMEMBERED:  # names come from outside
            _remembered.clear()
        loaded = load(unknown, SENT)
        _remembered.update({name: (now + REMEMBER, loaded.get(name)) for name in unknown})
    # A thread may have cleared it meanwhile, hence `get`.
    found = {name: _remembered.get(name, (0.0, None))[1] for name in wanted}
    return {name: value for name, value in found.items() if value is not None}


def forget_names() -> None:
    """For this process, after it changed templates itself."""
    _remembered.clear()


def load(names: Collection[str], kinds: Collection[str]) -> dict[str, VersionValue]:
    """As `find_versions`, of some kinds of templates. One query."""
    numbered = {name: match for name in names if (match := NUMBERED.fullmatch(name))}
    slugs = {*names, *(match["slug"] for match in numbered.values())}
    templates = _published(slugs, kinds)
    found: dict[str, VersionValue | None] = {}
    for name in names:
        if name in templates:
            versions = templates[name]
            found[name] = versions[max(versions)] if versions else None
        elif match := numbered.get(name):
            found[name] = templates.get(match["slug"], {}).get(int(match["number"]))
    return {name: value for name, value in found.items() if value}


def _published(slugs: set[str], kinds: Collection[str]) -> dict[str, dict[int, VersionValue]]:
    """Published versions by slug and number; a template without any has an empty dict."""
    rows = (
        MessageTemplate.objects.filter(slug__in=slugs, kind__in=kinds)
        .annotate(channels=_keys(F("versions__parts")))
        .values_list(
            "slug",
            "versions__id",
            "versions__number",
            "versions__published_at",
            "versions__variables",
            "channels",
        )
    )
    templates: dict[str, dict[int, VersionValue]] = {}
    for slug, pk, number, published_at, variables, channels in rows:
        versions = templates.setdefault(slug, {})
        if published_at:
            value = VersionValue(
                id=pk,
                template=slug,
                number=number,
                variables=tuple(variables),
                channels=frozenset(channels),
            )
            versions[number] = value
    return templates


def _keys(expression: F) -> Func:
    """The keys of a JSON object."""
    return Func(
        expression,
        template="ARRAY(SELECT jsonb_object_keys(%(expressions)s))",
        output_field=ArrayField(TextField()),
    )


@lru_cache(maxsize=MAX_COMPILED)
def compiled(version_id: int) -> Compiled:
    """Raises TemplateVersion.DoesNotExist, also for one that is not published."""
    rows = TemplateVersion.objects.filter(published_at__isnull=False)
    built, parts = rows.values_list("built", "parts").get(pk=version_id)
    return Compiled(built or parts)


@lru_cache(maxsize=MAX_COMPILED)
def needs(version_id: int) -> Needs:
    """Raises TemplateVersion.DoesNotExist. Versions from before there were schemas have none."""
    rows = TemplateVersion.objects.filter(published_at__isnull=False)
    variables, accepts = rows.values_list("variables", "accepts").get(pk=version_id)
    return Needs(tuple(variables), _validator(version_id, accepts))


@lru_cache(maxsize=MAX_COMPILED)
def channels_without_way_out(version_id: int) -> frozenset[str]:
    """Where a version does not say how to end it; see `unsubscribe_check`."""
    try:
        return frozenset(p.channel for p in without_way_out(compiled(version_id).parts))
    except NotAllowed:  # published when more was allowed: it cannot be written either
        return frozenset(compiled(version_id).parts)


@lru_cache(maxsize=MAX_COMPILED)
def reply_addresses(version_id: int) -> tuple[ReplyAddress, ...]:
    """Of the e-mail part, as far as they can be written without knowing to whom."""
    found = []
    for locale, part in compiled(version_id).parts.get(Channel.EMAIL, {}).items():
        names = {use.path[0] for use in _uses(part.get(REPLY_TO) or "")}
        if part.get(REPLY_TO) and not names & SUPPLIED:
            found.append(ReplyAddress(locale, tuple(sorted(names))))
    return tuple(found)


def reply_address(version_id: int, locale: str, variables: Mapping[str, object]) -> str:
    """Raises RenderFailed where it is none."""
    return render_field(compiled(version_id), Channel.EMAIL, locale, REPLY_TO, variables)


def _uses(source: str) -> list[Use]:
    """None of a text that was published when more was allowed, and cannot be written now."""
    try:
        return uses(source)
    except NotAllowed:
        return []


def _validator(version_id: int, accepts: Mapping[str, Any] | None) -> Validator | None:
    """Of a schema that was published when more was allowed, what can be enforced still; which
    those are is said after every `migrate` (`templates.versions.partly_enforced`)."""
    try:
        return Validator(accepts) if accepts else None
    except InvalidSchema:
        part = enforceable(accepts or {})
        left_out = {"template_version_id": version_id, "left_out": str(part)}
        logger.warning("a schema is enforced in part", extra=left_out)
        return Validator(part.schema)


_remembered: dict[str, tuple[float, VersionValue | None]] = {}
