"""Import of people from NDJSON, in constant memory: lines in, batches down, a report out."""

from collections.abc import Iterator
from typing import Protocol, cast

from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError, reset_queries
from msgspec import Struct

from notifyproj.core import clock
from notifyproj.core.api.bodies import decode
from notifyproj.core.api.errors import ApiError, InvalidFields
from preferences.recipients import upsert as upserts
from preferences.recipients.push_apps import load_apps
from preferences.recipients.schemas import ImportLine
from preferences.recipients.services import batches

CHUNK = 65_536
LINE_MOST = 65_536  # bytes
ERRORS_SHOWN = 1_000
TRIES = 3  # of a batch: a deadlock with another writer, or a connection that was cut


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class LineError(Struct):
    line: int
    fields: dict[str, str]


class ImportReport(Struct, kw_only=True):
    """`errors` lists the first 1,000; `failed` counts all. Other lines were imported."""

    received: int = 0
    created: int = 0
    updated: int = 0
    failed: int = 0
    errors: list[LineError] = []


def lines(stream: Stream) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, line) of every line that is not blank; None for one that is too long."""
    number, rest, too_long = 0, b"", False
    while chunk := stream.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            if too_long or line.strip():
                yield number, None if too_long or len(line) > LINE_MOST else line
            too_long = False
        if len(rest) > LINE_MOST:
            rest, too_long = b"", True
    if too_long or rest.strip():
        yield number + 1, None if too_long else rest


def import_recipients(stream: Stream) -> ImportReport:
    """Each batch is a transaction; a line that is wrong is reported and sinks no other.

    Raises what reading `stream` raises: what was written before stays written.
    """
    report = ImportReport()
    for batch in batches(_checked(stream, report)):
        written = _write(batch)
        report.created += written.created
        report.updated += len(written.ids) - written.created
        reset_queries()  # with DEBUG on, Django keeps the text of every statement
    return report


def _checked(stream: Stream, report: ImportReport) -> Iterator[upserts.Checked]:
    apps = load_apps()
    for number, line in lines(stream):
        report.received += 1
        try:
            if line is None:
                raise InvalidFields({"body": f"A line must not exceed {LINE_MOST:,} bytes."})
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            yield upserts.check(decode(text, ImportLine), apps)
        except InvalidFields as error:
            report.failed += 1
            if len(report.errors) < ERRORS_SHOWN:
                report.errors.append(LineError(number, dict(error.fields)))


def _write(batch: list[upserts.Checked]) -> upserts.Written:
    for _ in range(TRIES - 1):
        try:
            return upserts.write(batch, clock.now())
        except OperationalError:
            continue
    return upserts.write(batch, clock.now())


def body_stream(request: WSGIRequest) -> Stream:
    """The body, unread. Django's own reads nothing when a client sends chunks without a length."""
    if request.META.get("CONTENT_LENGTH"):
        return request
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return cast(Stream, request.environ["wsgi.input"])
    message = "The request body is required."
    raise ApiError(411, "length_required", message, {"Content-Length": message})
