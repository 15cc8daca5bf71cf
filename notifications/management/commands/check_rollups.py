"""`manage.py check_rollups`: do the counters say what the rows say?"""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.analytics import recount
from notifications.analytics.measure_names import measure_name
from notifications.analytics.recount import Tally
from notifications.analytics.repair import check, repair
from notifications.counters.cells import Cell
from preferences.facts.types import type_of

SHOWN = 1_000


class Command(BaseCommand):
    help = (
        "Counts the log once more, a day at a time, and compares it with the counters. Prints what"
        " differs; exit code 1 if anything does and --repair is not given. Traffic may go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put the counters right")
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD (UTC); else all")
        parser.add_argument("--arm", type=int, help="of a campaign's run; else all deliveries")

    def handle(self, *args: Any, **options: Any) -> None:
        work = repair if options["repair"] else check
        count = 0
        for day in _days(options["day"]):
            for line in _lines(work(day, options["arm"])):
                count += 1
                if count <= SHOWN:
                    self.stdout.write(line)
        if count and not options["repair"]:
            raise CommandError(f"{count:,} counters differ from the log.", returncode=1)
        done = f"{count:,} counters put right." if count else "The counters say what the log says."
        self.stdout.write(done)


def _days(asked: date | None) -> list[date]:
    kept = recount.days()
    if asked is None:
        return kept
    if asked not in kept:
        raise CommandError(f"The log has no {asked} (any more).", returncode=2)
    return [asked]


def _lines(lacking: Tally) -> Iterator[str]:
    for cell, n in sorted(lacking.items()):
        fault = f"{n:,} too few" if n > 0 else f"{-n:,} too many"
        yield f"{_place(cell)}: {measure_name(cell.measure)} {cell.reason}".rstrip() + f": {fault}"


def _place(cell: Cell) -> str:
    hour = datetime.fromtimestamp(cell.hour * 3600, UTC)
    type_ = type_of(cell.type_id)
    named = type_.slug if type_ else f"type {cell.type_id}"
    arm = f" arm {cell.arm_id}" if cell.arm_id else ""
    return f"{hour:%Y-%m-%d %H}h{arm} {named} {cell.channel} account {cell.account_id}"
