"""Reading templates for the API and the admin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from templates.engine.problem import Problem
from templates.models import MessageTemplate, TemplateKind, TemplateVersion

LISTED = MessageTemplate.objects.exclude(kind=TemplateKind.TRIAL)


class VersionSummary(Struct, kw_only=True):
    """`name`: the `template_id` in requests."""

    name: str
    number: int
    note: str
    variables: list[str]
    channels: list[str]
    published_at: datetime | None
    published_by: str


class TemplateSummary(Struct, kw_only=True):
    slug: str
    kind: str
    name: str
    description: str


class TemplateView(TemplateSummary, kw_only=True):
    """`versions`: the published ones, newest first. `has_draft`: there are unpublished changes."""

    versions: list[VersionSummary]
    has_draft: bool


class TemplatePage(Struct):
    """`next_cursor` is "" on the last page."""

    templates: list[TemplateSummary]
    next_cursor: str


class ProblemView(Struct, kw_only=True):
    """The place of a problem: an empty `locale` or `field` means the whole level above."""

    channel: str
    locale: str
    field: str
    line: int | None
    message: str
    warning: bool


class VersionView(VersionSummary, kw_only=True):
    """`schema` null: derived from the text; `accepts`: the schema that requests must match.
    `partials`: those it contains, with their versions."""

    parts: dict[str, Any]
    schema: dict[str, Any] | None
    accepts: dict[str, Any] | None
    sample: dict[str, Any] | None
    partials: dict[str, int]


class DraftView(Struct, kw_only=True):
    """Send `changed_at` back as `seen`, so that a change of somebody else is not overwritten."""

    number: int
    parts: dict[str, Any]
    schema: dict[str, Any] | None
    sample: dict[str, Any] | None
    note: str
    changed_at: datetime | None
    changed_by: str
    problems: list[ProblemView]


def template_get(slug: str) -> MessageTemplate | None:
    """Returns the template with this slug, or None."""
    return LISTED.filter(slug=slug).first()


def templates_after(cursor: str, limit: int, kind: str = "") -> list[MessageTemplate]:
    """Returns the next templates by slug; `cursor` is the last slug seen, "" at first."""
    rows = LISTED.filter(slug__gt=cursor).order_by("slug")
    return list(rows.filter(kind=kind)[:limit] if kind else rows[:limit])


def version_get(template: MessageTemplate, number: int) -> TemplateVersion | None:
    """Returns a published version of the template, or None."""
    rows = template.versions.filter(published_at__isnull=False)
    return rows.filter(number=number).first()


def newest_version(template: MessageTemplate) -> TemplateVersion | None:
    """Returns the published version with the highest number, or None."""
    rows = template.versions.filter(published_at__isnull=False)
    return rows.order_by("-number").first()


def template_summary(template: MessageTemplate) -> TemplateSummary:
    """Returns a template as the list shows it."""
    return TemplateSummary(**_named(template))


def template_view(template: MessageTemplate) -> TemplateView:
    """Returns a template with all its published versions, newest first."""
    rows = template.versions.defer("built", "sample").order_by("-number")
    versions = list(rows)
    return TemplateView(
        **_named(template),
        versions=[VersionSummary(**_summed(template, row)) for row in versions if row.published_at],
        has_draft=any(row.published_at is None for row in versions),
    )


def version_view(template: MessageTemplate, row: TemplateVersion) -> VersionView:
    """Returns a published version with its parts and schema."""
    return VersionView(
        **_summed(template, row),
        parts=row.parts,
        schema=row.schema,
        accepts=row.accepts,
        sample=row.sample,
        partials=row.pins or {},
    )


def draft_view(row: TemplateVersion, problems: Sequence[Problem]) -> DraftView:
    """Returns a draft as the API shows it."""
    return DraftView(
        number=row.number,
        parts=row.parts,
        schema=row.schema,
        sample=row.sample,
        note=row.note,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        problems=problem_views(problems),
    )


def problem_views(problems: Sequence[Problem]) -> list[ProblemView]:
    """Returns problems as the API shows them."""
    return [
        ProblemView(
            channel=problem.channel,
            locale=problem.locale,
            field=problem.field,
            line=problem.line,
            message=problem.message,
            warning=problem.warning,
        )
        for problem in problems
    ]


def _named(template: MessageTemplate) -> dict[str, Any]:
    return {
        "slug": template.slug,
        "kind": template.kind,
        "name": template.name,
        "description": template.description,
    }


def _summed(template: MessageTemplate, row: TemplateVersion) -> dict[str, Any]:
    return {
        "name": f"{template.slug}-v{row.number}",
        "number": row.number,
        "note": row.note,
        "variables": row.variables,
        "channels": [*row.parts],
        "published_at": row.published_at,
        "published_by": row.published_by,
    }
