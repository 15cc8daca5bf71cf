"""Writing versions, and finding them: by the name a request gives, and compiled for rendering.

Versions never change once published, so what is compiled stays; only names are asked anew.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, Max, TextField

from notifyproj.core import clock
from templates.checks import Problem, check, declared_variables
from templates.models import MessageTemplate, TemplateVersion
from templates.render import Compiled
from templates.unsubscribe_check import without_way_out

NUMBERED = re.compile(r"(?P<slug>[\w-]+)-v(?P<number>[1-9]\d{0,8})", re.ASCII)
REMEMBER = 2.0  # seconds a name is not asked anew: as long may a new version take to be used
MAX_REMEMBERED = 10_000
MAX_COMPILED = 512


# What rooms above ask of a template (its slug and parts), for they know what it is used for.
requirements: list[Callable[[str, Mapping[str, Any]], list[Problem]]] = []


class CannotPublish(ValueError):
    """The parts have problems, or it was published before."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)) or "It is published already")
        self.problems = problems


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


def template_create(*, slug: str, name: str, description: str = "") -> MessageTemplate:
    template = MessageTemplate(slug=slug, name=name, description=description)
    template.full_clean()
    template.save()
    return template


@transaction.atomic
def version_draft(*, template: MessageTemplate, parts: dict[str, Any]) -> TemplateVersion:
    """The next version, still to be published. Drafts may have problems."""
    MessageTemplate.objects.select_for_update().get(pk=template.pk)
    last = template.versions.aggregate(last=Max("number"))["last"] or 0
    return TemplateVersion.objects.create(template=template, number=last + 1, parts=parts)


@transaction.atomic
def version_publish(*, version: TemplateVersion) -> TemplateVersion:
    """For good: the database refuses every later change. Raises CannotPublish."""
    rows = TemplateVersion.objects.select_related("template").select_for_update(of=("self",))
    row = rows.get(pk=version.pk)
    problems = problems_of(row.template.slug, row.parts)
    if problems or row.published_at:
        raise CannotPublish(problems)
    row.variables = declared_variables(row.parts)
    row.published_at = clock.now()
    row.save(update_fields=["variables", "published_at"])
    return row


def problems_of(slug: str, parts: Any) -> list[Problem]:
    """What keeps these parts of that template from being published."""
    return check(parts) or [found for ask in requirements for found in ask(slug, parts)]


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
        loaded = _load(unknown)
        _remembered.update({name: (now + REMEMBER, loaded.get(name)) for name in unknown})
    # A thread may have cleared it meanwhile, hence `get`.
    found = {name: _remembered.get(name, (0.0, None))[1] for name in wanted}
    return {name: value for name, value in found.items() if value is not None}


def forget_names() -> None:
    """For this process, after it changed templates itself."""
    _remembered.clear()


@lru_cache(maxsize=MAX_COMPILED)
def compiled(version_id: int) -> Compiled:
    """Raises TemplateVersion.DoesNotExist, also for one that is not published."""
    parts = TemplateVersion.objects.filter(published_at__isnull=False).values_list("parts")
    return Compiled(parts.get(pk=version_id)[0])


@lru_cache(maxsize=MAX_COMPILED)
def channels_without_way_out(version_id: int) -> frozenset[str]:
    """Where a version does not say how to end it; see `unsubscribe_check`."""
    return frozenset(problem.channel for problem in without_way_out(compiled(version_id).parts))


_remembered: dict[str, tuple[float, VersionValue | None]] = {}


def _load(names: set[str]) -> dict[str, VersionValue]:
    numbered = {name: match for name in names if (match := NUMBERED.fullmatch(name))}
    templates = _published(names | {match["slug"] for match in numbered.values()})
    found: dict[str, VersionValue | None] = {}
    for name in names:
        if name in templates:
            versions = templates[name]
            found[name] = versions[max(versions)] if versions else None
        elif match := numbered.get(name):
            found[name] = templates.get(match["slug"], {}).get(int(match["number"]))
    return {name: value for name, value in found.items() if value}


def _published(slugs: set[str]) -> dict[str, dict[int, VersionValue]]:
    """Published versions by slug and number; a template without any has an empty dict."""
    rows = (
        MessageTemplate.objects.filter(slug__in=slugs)
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
            value = VersionValue(pk, slug, number, tuple(variables), frozenset(channels))
            versions[number] = value
    return templates


def _keys(expression: F) -> Func:
    """The keys of a JSON object."""
    return Func(
        expression,
        template="ARRAY(SELECT jsonb_object_keys(%(expressions)s))",
        output_field=ArrayField(TextField()),
    )
