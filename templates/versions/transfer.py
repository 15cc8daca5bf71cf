"""All templates out to files, and files in: what changed becomes a new version, what did not is
left alone. A dry run examines the same and writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from templates.build.build import partials_of
from templates.build.files import Folder, to_files
from templates.checker import pool
from templates.models import TemplateKind, TemplateVersion
from templates.versions.changes import Step, examine, rows_of, slugs_of, write
from templates.versions.published import NUMBERED

ATTEMPTS = 3  # at examining them all, where somebody else writes the same ones


class ChangedMeanwhile(ValueError):
    """Somebody else was writing the same templates: nothing was changed."""


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
    """Imports all of the files or none. Raises NotReadable, and ChangedMeanwhile."""
    folders = list(_in_order(pool.read(files)))
    slugs = slugs_of(folders)
    for _ in range(ATTEMPTS):
        seen = rows_of(slugs)
        changes = examine(folders, publish=publish, note=note)
        steps = [change.step for change in changes]
        if dry_run or any(step.did == "refused" for step in steps):
            return Plan(applied=False, steps=steps)
        if write(changes, slugs, seen, by):
            return Plan(applied=True, steps=steps)
    raise ChangedMeanwhile("Somebody else was changing these templates: try again")


def _folder(row: TemplateVersion) -> Folder:
    template = row.template
    return Folder(
        slug=template.slug,
        name=template.name,
        description=template.description,
        kind=template.kind,
        parts=row.parts,
        schema=row.schema,
        sample=row.sample,
    )


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
