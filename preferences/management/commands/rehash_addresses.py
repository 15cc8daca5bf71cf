"""Stored addresses into their present form: see docs/preferences.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from preferences.recipients.rehash_all import locale_changes, refusals, rehash_all


class Command(BaseCommand):
    help = (
        "Reports the stored addresses, numbers and locales that the present rules refuse, and"
        " changes nothing. With --apply hashes every address anew and merges those that are one;"
        " safe to stop and to repeat, also while messages go out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="change what is stored")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["apply"]:
            self._apply()
        else:
            self._report()

    def _report(self) -> None:
        count = 0
        for refusal in refusals():
            self.stdout.write(str(refusal))
            count += 1
        for change in locale_changes():
            self.stdout.write(f"locale {change}")
        self.stdout.write(f"{count} addresses cannot be sent to by the present rules.")

    def _apply(self) -> None:
        seen = moved = merged = failed = 0
        for batch in rehash_all():
            seen, moved = seen + batch.seen, moved + batch.moved
            merged, failed = merged + batch.merged, failed + len(batch.failed)
            for id_ in batch.failed:
                self.stderr.write(f"contact point {id_}: no key opens it")
        self.stdout.write(f"{seen} looked at, {moved} in another form, {merged} merged.")
        if failed:
            raise SystemExit(1)
