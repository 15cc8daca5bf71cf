"""Published versions by the names a request or a text gives them."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, TextField

from templates.models import MessageTemplate

NUMBERED = re.compile(r"(?P<slug>[\w-]+)-v(?P<number>[1-9]\d{0,8})", re.ASCII)


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


def load(names: Collection[str], kinds: Collection[str]) -> dict[str, VersionValue]:
    """`order-v2` is version 2 of `order`, unless one has exactly that slug; a slug alone is its
    newest version. Unknown names are left out. One query.
    """
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
