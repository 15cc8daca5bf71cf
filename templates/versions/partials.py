"""Published partials, by the names that texts call them."""

from collections.abc import Iterable

from templates.build.flatten import Partial, Partials
from templates.fields import PARTIAL
from templates.models import TemplateKind, TemplateVersion
from templates.versions.published import load


def load_partials(names: Iterable[str]) -> Partials:
    """`footer` is its newest version, `footer-v2` its second. Unknown names are left out."""
    wanted = set(names)
    if not wanted:
        return {}
    found = load(wanted, [TemplateKind.PARTIAL])
    rows = TemplateVersion.objects.in_bulk([value.id for value in found.values()])
    return {name: partial_of(value.template, rows[value.id]) for name, value in found.items()}


def partial_of(slug: str, row: TemplateVersion) -> Partial:
    parts = (row.built or row.parts)[PARTIAL]
    texts = {locale: part["text"] for locale, part in parts.items()}
    return Partial(slug, row.number, texts, row.pins or {})
