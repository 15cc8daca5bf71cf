"""Ids of people out of the lines of a CSV, one line at a time: what is wrong with one sinks no
other, and no quote that is never closed swallows the rest of the file.

The ids are the first column, or the one that a first line calls `external_id`, `user_id` or `id`.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from preferences.recipients.schemas import EXTERNAL_ID

HEADERS = ("external_id", "user_id", "id")
DELIMITERS = ",;\t"
BOM = b"\xef\xbb\xbf"
OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")

TOO_LONG = "This line is too long."
NOT_UTF8 = "This is not UTF-8; save the file as “CSV UTF-8”."
BROKEN_QUOTE = "A quotation mark opens and does not close in this line, or the other way round."
NO_ID = "There is no id in this line."
NOT_AN_ID = "An id has 1 to 200 characters, no space and no slash."
UNKNOWN = "Nobody has this id."


class Given(NamedTuple):
    """A line with its id, or with what is wrong with it."""

    line: int
    id: str
    problem: str = ""


class Layout(NamedTuple):
    delimiter: str
    column: int


PLAIN = Layout(",", 0)


def read_ids(lines: Iterable[tuple[int, bytes | None]]) -> Iterator[Given]:
    """Of (number, line), a line None being too long. Blank ones are not among them."""
    layout, is_first = PLAIN, True
    for number, line in lines:
        if line is None:
            yield Given(number, "", TOO_LONG)
        else:
            found = _layout(line) if is_first else None
            if found is None:
                yield _given(number, line.removeprefix(BOM) if is_first else line, layout)
            layout = found or layout
        is_first = False


def _layout(line: bytes) -> Layout | None:
    """What a line of headings says; None when it is none."""
    try:
        text = line.removeprefix(BOM).decode()
    except UnicodeDecodeError:
        return None
    for delimiter in DELIMITERS:
        names = [cell.strip().lower() for cell in _cells(text, delimiter) or []]
        column = next((names.index(name) for name in HEADERS if name in names), None)
        if column is not None:
            return Layout(delimiter, column)
    return None


def _given(number: int, line: bytes, layout: Layout) -> Given:
    if line.startswith(OTHER_BOMS):
        return Given(number, "", NOT_UTF8)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Given(number, "", NOT_UTF8)
    cells = _cells(text, layout.delimiter)
    if cells is None:
        return Given(number, "", BROKEN_QUOTE)
    id_ = cells[layout.column].strip() if len(cells) > layout.column else ""
    if not id_:
        return Given(number, "", NO_ID)
    return Given(number, id_) if EXTERNAL_ID.fullmatch(id_) else Given(number, "", NOT_AN_ID)


def _cells(text: str, delimiter: str) -> list[str] | None:
    """None when its quotation marks are wrong."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        found = list(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None
