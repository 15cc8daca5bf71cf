from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from templates.build.files import NotReadable
from templates.versions.changes import Step
from templates.versions.transfer import ChangedMeanwhile, import_all


class Command(BaseCommand):
    help = "Apply templates from a folder, as written by templates_export. All or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--publish", action="store_true", help="publish what has changed")
        parser.add_argument("--dry-run", action="store_true", help="tell, and change nothing")
        parser.add_argument("--by", default="files", help="as whom: a commit, say")
        parser.add_argument("--note", default="", help="what is new")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            plan = import_all(
                _files(folder),
                by=options["by"],
                publish=options["publish"],
                dry_run=options["dry_run"],
                note=options["note"],
            )
        except (NotReadable, ChangedMeanwhile) as error:
            raise CommandError(str(error)) from None
        for step in plan.steps:
            self._tell(step)
        if any(step.did == "refused" for step in plan.steps):
            raise CommandError("Nothing was changed.")
        if not plan.applied:
            self.stdout.write("A dry run: nothing was changed.")

    def _tell(self, step: Step) -> None:
        new = ", a new template" if step.new else ""
        self.stdout.write(f"{step.template}: {step.did} {step.version}{new}".rstrip())
        for problem in step.problems:
            self.stdout.write(self.style.ERROR(f"  {problem}"))
        for warning in step.warnings:
            self.stdout.write(f"  {warning}")


def _files(folder: Path) -> dict[str, str]:
    """Of the folders in it; what is hidden, such as git's own, is none of ours."""
    try:
        return {
            f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8")
            for path in sorted(folder.glob("*/*"))
            if path.is_file() and not path.name.startswith(".") and path.parent.name[0] != "."
        }
    except UnicodeDecodeError as error:
        raise NotReadable(f"A file is not UTF-8: {error}") from None
