"""What the editor's page starts from, and what it is told while somebody types."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from templates.admin.field_labels import CHANNELS, described
from templates.build.files import tidy
from templates.checker import pool
from templates.extension_points import person_facts
from templates.fields import PARTIAL
from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.review.checks import MESSAGES
from templates.review.preview import Shown
from templates.versions.review import Draft, review
from templates.versions.selectors import ProblemView, newest_version, problem_views
from templates.versions.services import Content, draft_of

ORDER = [channel for channel in CHANNELS if channel in MESSAGES]


class Written(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is in the editor now. `seen`: when the draft it started from was last changed."""

    parts: dict[str, Any]
    schema: dict[str, Any] | None = None
    sample: dict[str, Any] | None = None
    note: str = ""
    seen: datetime | UnsetType | None = UNSET

    def content(self) -> Content:
        """Line ends become LF, empty fields are left out; a wrong shape is left to the checks."""
        try:
            parts = tidy(self.parts)
        except (AttributeError, TypeError):
            parts = self.parts
        return Content(parts, self.schema, self.sample, self.note[:500])


class Asked(Written, kw_only=True):
    """`person` empty: with the sample data."""

    locale: str = ""
    person: str = ""


class Told(Struct):
    """`sample` is what it was made with; `accepts` the schema in force."""

    shown: list[Shown]
    problems: list[ProblemView]
    sample: dict[str, Any]
    accepts: dict[str, Any]
    person_problem: str = ""


def started(template: MessageTemplate) -> tuple[TemplateVersion | None, bool]:
    """What to go on from, and whether that is a draft."""
    draft = draft_of(template)
    return (draft, True) if draft else (newest_version(template), False)


def state(template: MessageTemplate, *, may_write: bool) -> dict[str, Any]:
    row, is_draft = started(template)
    is_partial = template.kind == TemplateKind.PARTIAL
    first: dict[str, Any] = {PARTIAL: {"default": {}}} if is_partial else {}
    return {
        "channels": described((PARTIAL,) if is_partial else tuple(ORDER)),
        "parts": row.parts if row else first,
        "schema": row.schema if row else None,
        "sample": row.sample if row else None,
        "note": row.note if row and is_draft else "",
        "seen": row.changed_at.isoformat() if row and is_draft and row.changed_at else None,
        "mayWrite": may_write,
    }


def tell(template: MessageTemplate, asked: Asked) -> Told:
    found = review(
        Draft(
            slug=template.slug,
            kind=template.kind,
            parts=asked.content().parts,
            schema=asked.schema,
            sample=asked.sample,
        )
    )
    problems = problem_views(found.problems)
    if found.errors:  # what is well is shown all the same
        wrong = {problem.channel for problem in found.errors}
        well = {name: text for name, text in asked.content().parts.items() if name not in wrong}
        found = review(
            Draft(
                slug=template.slug,
                kind=template.kind,
                parts=well,
                schema=asked.schema,
                sample=asked.sample,
            )
        )
    told = Told([], problems, found.sample, found.accepts)
    if not found.built or template.kind == TemplateKind.PARTIAL:
        return told
    locale, zone, variables = asked.locale, "UTC", found.sample
    if asked.person:
        person = person_facts.only()(asked.person)
        if person is None:
            told.person_problem = "No recipient has this ID."
        else:
            locale, zone = person.locale, person.zone
            variables = {**variables, **person.variables}
    told.shown = pool.preview(found.built, variables, locale=locale, zone=zone)
    return told
