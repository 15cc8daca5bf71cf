from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from templates.versions.transfer import export_all


class Command(BaseCommand):
    help = "Write the newest published version of every template into a folder, to keep in git."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Files of theirs that are no longer there go; whatever else lies in it stays."""
        files = export_all()
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        for slug in {path.partition("/")[0] for path in files}:
            for found in (folder / slug).iterdir():
                if f"{slug}/{found.name}" not in files and found.is_file():
                    found.unlink()
        self.stdout.write(f"{len(files)} files in {folder}")
