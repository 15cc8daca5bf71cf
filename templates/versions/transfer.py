"""All templates out to files, and files in: what changed becomes a new version, what did not is
left alone. A dry run does all of it and takes it back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import transaction

from templates.build.build import partials_of
from templates.checker import pool
from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.review.review import Draft, review
from templates.version_names import NUMBERED
from templates.versions.files import Folder, NotReadable, tidy, to_files
from templates.versions.services import (
    CannotPublish,
    Content,
    draft_of,
    draft_save,
    template_create,
    version_draft,
    version_publish,
)

Did = Literal["unchanged", "draft", "published", "refused"]


@dataclass(slots=True)
class Step:
    """What became, or would become, of one template."""

    template: str
    did: Did
    version: str = ""
    new: bool = False  # the template itself
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """`applied` False: nothing was changed, since it was a dry run or something was refused."""

    applied: bool
    steps: list[Step]


def export_all() -> dict[str, str]:
    """The newest published version of every template, as files by their paths."""
    rows = (
        TemplateVersion.objects.filter(published_at__isnull=False)
        .exclude(template__kind=TemplateKind.TRIAL)
        .select_related("template")
        .order_by("template__slug", "-number")
        .distinct("template__slug")
    )
    return {path: text for row in rows for path, text in to_files(_folder(row)).items()}


def import_all(
    files: Mapping[str, str],
    *,
    by: str,
    publish: bool = False,
    dry_run: bool = False,
    note: str = "",
) -> Plan:
    """All or nothing. Raises NotReadable."""
    folders = _in_order(pool.read(files))
    with transaction.atomic():
        steps = [_apply(folder, by, publish, note) for folder in folders]
        applied = not dry_run and not any(step.did == "refused" for step in steps)
        if not applied:
            transaction.set_rollback(True)
    return Plan(applied, steps)


def _folder(row: TemplateVersion) -> Folder:
    template = row.template
    return Folder(
        template.slug,
        template.name,
        template.description,
        template.kind,
        row.parts,
        row.schema,
        row.sample,
    )


def _apply(folder: Folder, by: str, publish: bool, note: str) -> Step:
    try:
        template, new = _template(folder)
    except ValidationError as error:
        return Step(folder.slug, "refused", problems=list(error.messages))
    content = Content(folder.parts, folder.schema, folder.sample, note)
    found = review(Draft(folder.slug, folder.kind, folder.parts, folder.schema, folder.sample))
    if heavy := [problem for problem in found.problems if problem.heavy]:
        raise NotReadable(f"{folder.slug}: {heavy[0]}")  # the rest would take as long
    warnings = [str(problem) for problem in found.problems if problem.warning]
    newest = template.versions.filter(published_at__isnull=False).order_by("-number").first()
    if _is_as(newest if publish else draft_of(template) or newest, folder, found.built, publish):
        return Step(folder.slug, "unchanged", str(newest or ""), warnings=warnings)
    if not publish:
        row = draft_save(template=template, content=content, by=by)
        problems = list(map(str, found.errors))
        return Step(folder.slug, "draft", str(row), new, problems, warnings)
    row = version_draft(template=template, **_fields(content), changed_by=by)
    try:
        row = version_publish(version=row, by=by)
    except CannotPublish as error:
        return Step(folder.slug, "refused", "", new, list(map(str, error.problems)), warnings)
    return Step(folder.slug, "published", str(row), new, [], warnings)


def _template(folder: Folder) -> tuple[MessageTemplate, bool]:
    """Raises ValidationError."""
    named = {"name": folder.name or folder.slug, "description": folder.description}
    template = MessageTemplate.objects.filter(slug=folder.slug).first()
    if template is None:
        return template_create(slug=folder.slug, kind=folder.kind, **named), True
    if template.kind != folder.kind:
        raise ValidationError(f"It is a {template.kind} here, and a {folder.kind} in the files")
    if folder.name and any(getattr(template, key) != value for key, value in named.items()):
        template.name, template.description = named["name"], named["description"]
        template.full_clean()
        template.save(update_fields=["name", "description"])
    return template, False


def _is_as(
    row: TemplateVersion | None, folder: Folder, built: Mapping[str, object], publish: bool
) -> bool:
    """A text that is the same and would come out otherwise, since a partial has changed, is not."""
    if row is None or tidy(row.parts) != tidy(folder.parts):
        return False
    if (row.schema, row.sample) != (folder.schema, folder.sample):
        return False
    return not publish or row.built is None or row.built == built


def _fields(content: Content) -> dict[str, Any]:
    return {
        "parts": content.parts,
        "schema": content.schema,
        "sample": content.sample,
        "note": content.note,
    }


def _in_order(folders: Sequence[Folder]) -> Iterator[Folder]:
    """Partials before what includes them; of a circle, any first, which publishing then refuses."""
    partials = {f.slug: f for f in folders if f.kind == TemplateKind.PARTIAL}
    done: set[str] = set()

    def walk(folder: Folder) -> Iterator[Folder]:
        if folder.slug in done:
            return
        done.add(folder.slug)
        for name in sorted(partials_of(folder.parts)):
            numbered = NUMBERED.fullmatch(name)
            wanted = name if name in partials else numbered["slug"] if numbered else ""
            if wanted in partials:
                yield from walk(partials[wanted])
        yield folder

    for folder in (*partials.values(), *folders):
        yield from walk(folder)
