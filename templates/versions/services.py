"""Writing templates: the draft of each, and its versions, which never change once published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from msgspec import UNSET, UnsetType

from notifyproj.core import clock
from notifyproj.core.api.errors import InvalidFields
from templates.engine.problem import Problem
from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.versions.review import Draft, Review, message_requirements, review


class CannotPublish(ValueError):
    """The draft has problems, or it was published before."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)) or "This version is already published")
        self.problems = problems


class DraftChanged(ValueError):
    """Somebody else saved it meanwhile: `version` is theirs."""

    def __init__(self, version: TemplateVersion) -> None:
        who = version.changed_by or "Somebody else"
        super().__init__(f"{who} changed this draft in the meantime")
        self.version = version


class InUse(ValueError):
    """A template of which something is published stays."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a draft says. `schema` None: as its text has it; `sample` None: made from that."""

    parts: dict[str, Any]
    schema: dict[str, Any] | None = None
    sample: dict[str, Any] | None = None
    note: str = ""


def template_create(
    *, slug: str, name: str, description: str = "", kind: str = TemplateKind.MESSAGE
) -> MessageTemplate:
    """Raises ValidationError."""
    template = MessageTemplate(slug=slug, name=name, description=description, kind=kind)
    template.full_clean()
    template.save()
    return template


def template_change(*, template: MessageTemplate, name: str, description: str) -> None:
    """Changes name and description; nothing that is sent depends on them."""
    template.name, template.description = name, description
    template.save(update_fields=["name", "description"])


@transaction.atomic
def template_delete(*, template: MessageTemplate) -> None:
    """Deletes a template with its drafts. Raises InUse."""
    row = MessageTemplate.objects.select_for_update().get(pk=template.pk)
    if row.versions.filter(published_at__isnull=False).exists():
        raise InUse(f"{row.slug} has published versions and cannot be deleted")
    row.versions.all().delete()
    row.delete()


@transaction.atomic
def version_draft(
    *, template: MessageTemplate, parts: dict[str, Any], **content: Any
) -> TemplateVersion:
    """The next version, still to be published. Drafts may have problems."""
    number = _next_number(_locked(template))
    return TemplateVersion.objects.create(
        template=template, number=number, parts=parts, changed_at=clock.now(), **content
    )


def draft_save(
    *,
    template: MessageTemplate,
    content: Content,
    by: str = "",
    seen: datetime | UnsetType | None = UNSET,
) -> TemplateVersion:
    """The template's draft, made if there is none. `seen`: when the draft the writer started from
    was last changed; None: there was none. Raises DraftChanged, and InvalidFields for a text that
    cannot even be read safely."""
    _refuse_heavy(template, content)
    with transaction.atomic():
        return _saved(template, content, by, seen)


def _refuse_heavy(template: MessageTemplate, content: Content) -> None:
    """It would be a danger to everybody who opens it."""
    draft = Draft(
        slug=template.slug,
        kind=template.kind,
        parts=content.parts,
        schema=content.schema,
        sample=content.sample,
    )
    if found := [problem for problem in review(draft).problems if problem.heavy]:
        raise InvalidFields({problem.path: str(problem) for problem in found})


def _saved(
    template: MessageTemplate, content: Content, by: str, seen: datetime | UnsetType | None
) -> TemplateVersion:
    _locked(template)
    row = draft_of(template)
    if row is not None and seen is not UNSET and row.changed_at != seen:
        raise DraftChanged(row)
    if row is None:
        row = TemplateVersion(template=template, number=_next_number(template))
    row.parts, row.schema, row.sample = content.parts, content.schema, content.sample
    row.note, row.changed_by, row.changed_at = content.note, by, clock.now()
    row.save()
    return row


@transaction.atomic
def draft_write(*, template: MessageTemplate, content: Content, by: str) -> TemplateVersion:
    """As `draft_save`, for what was reviewed before a transaction was begun."""
    return _saved(template, content, by, UNSET)


def draft_discard(*, template: MessageTemplate) -> bool:
    """Deletes the draft; returns whether there was one."""
    row = draft_of(template)
    return bool(row) and bool(
        TemplateVersion.objects.filter(pk=row.pk, published_at__isnull=True).delete()[0]  # type: ignore[union-attr]  # `row` is there
    )


def draft_of(template: MessageTemplate) -> TemplateVersion | None:
    """Returns the template's unpublished version, or None."""
    return template.versions.filter(published_at__isnull=True).order_by("-number").first()


def version_publish(*, version: TemplateVersion, by: str = "", note: str = "") -> TemplateVersion:
    """For good: the database refuses every later change. Raises CannotPublish."""
    read = TemplateVersion.objects.select_related("template").get(pk=version.pk)
    found = review_of(read)  # before anything is locked: it may take seconds
    if found.errors or read.published_at:
        raise CannotPublish(found.errors)
    with transaction.atomic():
        return _publish(read, found, by, note)


@transaction.atomic
def version_add(*, version: TemplateVersion, by: str) -> TemplateVersion:
    """Publishes a version that is not stored yet and was `reviewed` without errors."""
    template = _locked(version.template)
    version.template, version.changed_by, version.changed_at = template, by, clock.now()
    return _published(template, version, by)


def reviewed(row: TemplateVersion, content: Content, found: Review) -> TemplateVersion:
    """With what it says and what the review made of it."""
    row.parts, row.schema, row.sample = content.parts, content.schema, content.sample
    row.note = content.note
    return _kept(row, found)


def _kept(row: TemplateVersion, found: Review) -> TemplateVersion:
    row.accepts, row.built, row.pins = found.accepts or None, found.built, found.pins
    row.variables = found.variables
    return row


def _publish(read: TemplateVersion, found: Review, by: str, note: str) -> TemplateVersion:
    template = _locked(read.template)
    row = TemplateVersion.objects.select_for_update().get(pk=read.pk)
    if row.published_at:
        raise CannotPublish([])
    if (row.parts, row.schema, row.sample) != (read.parts, read.schema, read.sample):
        raise CannotPublish(
            [Problem("", "", "", "The draft was changed in the meantime: try again")]
        )
    row.note = note or row.note
    return _published(template, _kept(row, found), by)


@transaction.atomic
def version_rollback(*, version: TemplateVersion, by: str = "") -> TemplateVersion:
    """A new version that says what an old one did, its partials as they were. The draft stays.
    Raises CannotPublish, for what the rooms above have come to require."""
    template = _locked(version.template)
    old = TemplateVersion.objects.get(pk=version.pk, published_at__isnull=False)
    said = old.built or old.parts
    wrong = [problem for ask in message_requirements for problem in ask(template.slug, said)]
    if wrong and template.kind == TemplateKind.MESSAGE:
        raise CannotPublish(wrong)
    row = TemplateVersion(
        template=template,
        number=_next_number(template),
        parts=old.parts,
        schema=old.schema,
        sample=old.sample,
        accepts=old.accepts,
        built=old.built,
        pins=old.pins,
        variables=old.variables,
        note=f"Back to version {old.number}",
    )
    return _published(template, row, by)


def review_of(version: TemplateVersion) -> Review:
    """Returns what is wrong with a version as it is stored."""
    template = version.template
    return review(
        Draft(
            slug=template.slug,
            kind=template.kind,
            parts=version.parts,
            schema=version.schema,
            sample=version.sample,
        )
    )


def _published(template: MessageTemplate, row: TemplateVersion, by: str) -> TemplateVersion:
    """What is published last is the newest, also where a draft lay longer than others."""
    published = template.versions.filter(published_at__isnull=False)
    newest = published.aggregate(last=Max("number"))["last"] or 0
    if row.number <= newest:
        row.number = _next_number(template)
    row.published_by, row.published_at = by, clock.now()
    row.save()
    return row


def _locked(template: MessageTemplate) -> MessageTemplate:
    return MessageTemplate.objects.select_for_update().get(pk=template.pk)


def _next_number(template: MessageTemplate) -> int:
    return (template.versions.aggregate(last=Max("number"))["last"] or 0) + 1
