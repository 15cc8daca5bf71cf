"""Preferences in bulk: NDJSON in, in constant memory, a batch a transaction; and out again, a page
of people at a time."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import IntegrityError, OperationalError, reset_queries
from msgspec import Struct

from notifyproj.core import clock
from notifyproj.core.api.bodies import decode
from notifyproj.core.api.errors import InvalidFields
from preferences.consent.schemas import PreferenceLine, load_names, understand
from preferences.consent.write import Wanted, Written, preferences_set_bulk
from preferences.recipients.import_ndjson import (
    ERRORS_SHOWN,
    LINE_MOST,
    TRIES,
    LineError,
    Stream,
    lines,
)

BATCH = 1_000
NOBODY = "Recipient not found."
JUST_REMOVED = "A notification type or category was just removed; send this line again."


class PreferencesReport(Struct, kw_only=True):
    """`errors` lists the first 1,000; `failed` counts all. Other lines were imported."""

    received: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[LineError] = []

    def fail(self, line: int, fields: dict[str, str]) -> None:
        self.failed += 1
        if len(self.errors) < ERRORS_SHOWN:
            self.errors.append(LineError(line, fields))


class Line(NamedTuple):
    number: int
    wanted: Wanted


def import_preferences(stream: Stream, service: str) -> PreferencesReport:
    """An invalid line is reported; other rows are still imported. Raises what reading raises: what
    was written before stays written."""
    report = PreferencesReport()
    for batch in _batches(_understood(stream, service, report)):
        _write(batch, report)
        reset_queries()  # with DEBUG on, Django keeps the text of every statement
    report.errors.sort(key=lambda error: error.line)
    return report


def _understood(stream: Stream, service: str, report: PreferencesReport) -> Iterator[Line]:
    names = load_names()
    for number, line in lines(stream):
        report.received += 1
        try:
            if line is None:
                raise InvalidFields({"body": f"A line must not exceed {LINE_MOST:,} bytes."})
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            body = decode(text, PreferenceLine)
            said = understand(body, names, "import", service, clock.now())
            yield Line(number, Wanted(body.external_id, said))
        except InvalidFields as error:
            report.fail(number, dict(error.fields))


def _batches(rows: Iterator[Line]) -> Iterator[list[Line]]:
    """No person twice in one: a later line changes what an earlier wrote."""
    batch: dict[str, Line] = {}
    for row in rows:
        if len(batch) >= BATCH or row.wanted.external_id in batch:
            yield list(batch.values())
            batch = {}
        batch[row.wanted.external_id] = row
    if batch:
        yield list(batch.values())


def _write(batch: list[Line], report: PreferencesReport) -> None:
    try:
        written = _tried([row.wanted for row in batch])
    except IntegrityError:
        if len(batch) == 1:
            report.fail(batch[0].number, {"body": JUST_REMOVED})
            return
        for row in batch:
            _write([row], report)
        return
    report.changed += len(written.changed)
    report.unchanged += len(batch) - len(written.changed) - len(written.unknown)
    for row in batch:
        if row.wanted.external_id in written.unknown:
            report.fail(row.number, {"external_id": NOBODY})


def _tried(wanted: list[Wanted]) -> Written:
    for _ in range(TRIES - 1):
        try:
            return preferences_set_bulk(wanted)
        except OperationalError:
            continue
    return preferences_set_bulk(wanted)
