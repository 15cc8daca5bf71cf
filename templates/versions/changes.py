"""What files would change: examined before anything is locked, since that may take minutes, and
then written at once, unless somebody has written the same templates meanwhile."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from templates.build.build import partials_of
from templates.build.files import Folder, NotReadable, tidy
from templates.build.flatten import Partial
from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.versions.partials import partial_of
from templates.versions.published import NUMBERED
from templates.versions.review import Draft, Review, review
from templates.versions.services import (
    Content,
    draft_of,
    draft_write,
    reviewed,
    template_change,
    version_add,
)

Did = Literal["unchanged", "draft", "published", "refused"]
Rows = tuple[list[Any], list[Any]]


@dataclass(slots=True)
class Step:
    """What was done, or would be done, with one template."""

    template: str
    did: Did
    version: str = ""
    new: bool = False  # the template itself
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Change:
    """A step, and what it writes."""

    step: Step
    template: MessageTemplate | None = None  # with its new name; not stored yet where it is new
    is_renamed: bool = False
    content: Content | None = None  # of a draft
    version: TemplateVersion | None = None  # to be published


def examine(folders: Iterable[Folder], *, publish: bool, note: str) -> list[Change]:
    """In their order: what includes a partial is examined with what that one will be. Raises
    NotReadable."""
    ahead: dict[str, Partial] = {}
    changes = []
    for folder in folders:
        change = _change(folder, publish, note, ahead)
        changes.append(change)
        if change.version is not None and folder.kind == TemplateKind.PARTIAL:
            partial = partial_of(folder.slug, change.version)
            ahead |= {folder.slug: partial, str(change.version): partial}
    return changes


def slugs_of(folders: Iterable[Folder]) -> set[str]:
    """Of the templates that changes hang on: their own, and the partials they name."""
    slugs = {folder.slug for folder in folders}
    names = {name for folder in folders for name in partials_of(folder.parts)}
    return slugs | names | {found["slug"] for n in names if (found := NUMBERED.fullmatch(n))}


def rows_of(slugs: Collection[str]) -> Rows:
    """Those templates as they are, and which versions there are of each."""
    templates = MessageTemplate.objects.filter(slug__in=slugs).order_by("pk")
    versions = TemplateVersion.objects.filter(template__slug__in=slugs).order_by("pk")
    return (
        list(templates.values_list("pk", "slug", "kind", "name", "description")),
        list(versions.values_list("pk", "number", "changed_at", "published_at")),
    )


def write(changes: Iterable[Change], slugs: Collection[str], seen: Rows, by: str) -> bool:
    """False, and nothing, where the database is not as it was seen."""
    pks = [pk for pk, *_ in seen[0]]
    try:
        with transaction.atomic():
            list(MessageTemplate.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
            if rows_of(slugs) != seen:
                return False
            for change in changes:
                _write(change, by)
    except IntegrityError:  # a new one was made by somebody else, a moment ago
        return False
    return True


def _change(folder: Folder, publish: bool, note: str, ahead: Mapping[str, Partial]) -> Change:
    """Raises NotReadable."""
    try:
        template, is_renamed = _template(folder)
    except ValidationError as error:
        return Change(Step(folder.slug, "refused", problems=list(error.messages)))
    draft = Draft(
        slug=folder.slug,
        kind=folder.kind,
        parts=folder.parts,
        schema=folder.schema,
        sample=folder.sample,
    )
    found = review(draft, ahead)
    if heavy := [problem for problem in found.problems if problem.heavy]:
        raise NotReadable(f"{folder.slug}: {heavy[0]}")  # the rest would take as long
    step = Step(folder.slug, "unchanged", new=template.pk is None)
    step.warnings = [str(problem) for problem in found.problems if problem.warning]
    change = Change(step, template, is_renamed)
    _compare(change, folder, found, publish, note)
    return change


def _compare(change: Change, folder: Folder, found: Review, publish: bool, note: str) -> None:
    step, template = change.step, change.template
    assert template is not None  # noqa: S101 - only what is refused has none
    is_stored = template.pk is not None
    newest = _newest(template) if is_stored else None
    draft = draft_of(template) if is_stored and not publish else None
    if _is_as(draft or newest, folder, found.built, publish):
        step.version = str(newest or "")
        return
    content = Content(folder.parts, folder.schema, folder.sample, note)
    step.problems = list(map(str, found.errors))
    if publish and found.errors:
        step.did = "refused"
        return
    row = draft or TemplateVersion(template=template, number=_next_number(template))
    step.did, step.version = ("published" if publish else "draft"), str(row)
    if publish:
        change.version = reviewed(row, content, found)
    else:
        change.content = content


def _write(change: Change, by: str) -> None:
    template = change.template
    if template is None:
        return
    if template.pk is None:
        template.save()
    elif change.is_renamed:
        template_change(template=template, name=template.name, description=template.description)
    if change.content is not None:
        draft_write(template=template, content=change.content, by=by)
    elif change.version is not None:
        version_add(version=change.version, by=by)


def _template(folder: Folder) -> tuple[MessageTemplate, bool]:
    """(as it is to be, whether its name or description changes). Raises ValidationError."""
    named = {"name": folder.name or folder.slug, "description": folder.description}
    template = MessageTemplate.objects.filter(slug=folder.slug).first()
    if template is None:
        template = MessageTemplate(slug=folder.slug, kind=folder.kind, **named)
        template.full_clean()
        return template, False
    if template.kind != folder.kind:
        raise ValidationError(f"It is a {template.kind} here, and a {folder.kind} in the files")
    if not folder.name or all(getattr(template, key) == value for key, value in named.items()):
        return template, False
    template.name, template.description = named["name"], named["description"]
    template.full_clean()
    return template, True


def _newest(template: MessageTemplate) -> TemplateVersion | None:
    return template.versions.filter(published_at__isnull=False).order_by("-number").first()


def _next_number(template: MessageTemplate) -> int:
    if template.pk is None:
        return 1
    return (template.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _is_as(
    row: TemplateVersion | None, folder: Folder, built: Mapping[str, object], publish: bool
) -> bool:
    """A text that is the same and would come out otherwise, since a partial has changed, is not."""
    if row is None or tidy(row.parts) != tidy(folder.parts):
        return False
    if (row.schema, row.sample) != (folder.schema, folder.sample):
        return False
    return not publish or row.built is None or row.built == built
