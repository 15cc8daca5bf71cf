"""Ids of people out of the lines of a CSV, one line at a time: what is wrong with one sinks no
other, and no quote that is never closed swallows the rest of the file.

The ids are the first column, or the one that a first line calls `external_id`, `user_id` or `id`,
however that is written. What spreadsheets add is taken off: `sep=;`, `="00123"`, empty columns.
`ID` beside other columns may be Indonesia, too: then it heads a column only above all data.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from preferences.recipients.schemas import EXTERNAL_ID

HEADERS = ("externalid", "userid", "id")  # without spaces, hyphens, underscores
COUNTRY = "id"
DELIMITERS = ",;\t"
OF_HEADINGS = DELIMITERS + "|"  # without any, `auth0|5f7c` is an id
FIRST = 10  # lines in which headings are looked for: reports begin with a title
# Spaces, and marks that nobody sees; those of direction are copied along from right-to-left text.
AROUND = (
    " \t\r\n\x00\x0b\x0c\x1a\u00a0\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
    "\u2066\u2067\u2068\u2069\ufeff"
)
SEP = re.compile(rb'"?sep=(.)"?[,;\t]*\s*', re.IGNORECASE)
EMPTY = re.compile(rb"[,;\t\s\x00\x1a]*")  # DOS ends a file with \x1a
AS_TEXT = re.compile(r'="([^"]*)"')
SHORTENED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
SHORTENED_FIRST = re.compile(rf"({SHORTENED.pattern})\s*(?:[;\t]|$)", re.IGNORECASE)

TOO_LONG = "The line is too long."
NOT_UTF8 = (
    "The file is not UTF-8, and no recipient has this id when it is read as Windows-1252: save it "
    "as “CSV UTF-8”."
)
BROKEN_QUOTE = "The quotation marks in this line do not match."
NO_ID = "The line has no id."
NOT_AN_ID = "An id must have 1 to 200 characters without spaces or slashes."
UNKNOWN = "No recipient has this id."
IS_SHORTENED = (
    "No recipient has this id: a spreadsheet shortened a long number. Format the column as text."
)
FLOAT = re.compile(r"\d+\.0")
IS_FLOAT = "No recipient has this id: a program added “.0” to a whole number."
IS_QUOTED = "No recipient has this id: it begins with an apostrophe."
IS_FORMULA = "No recipient has this id: it is a formula, not its value."


class Given(NamedTuple):
    """A line with its id, or with what is wrong with it. `doubt`: what to say if nobody has it."""

    line: int
    id: str
    problem: str = ""
    doubt: str = UNKNOWN


class Layout(NamedTuple):
    """`delimiter` "": what comes first in each line."""

    delimiter: str
    column: int


PLAIN = Layout("", 0)


class Text(NamedTuple):
    text: str
    is_utf8: bool


def read_ids(lines: Iterable[tuple[int, bytes | None]]) -> Iterator[Given]:
    """Of (number, line), a line None being too long. Blank ones are not among them."""
    layout, headings = PLAIN, None
    above: list[str] = []
    for at, (number, line) in enumerate(lines):
        if line is None:
            yield Given(number, "", TOO_LONG)
        elif at == 0 and (said := SEP.fullmatch(line)):
            layout = Layout(said[1].decode("cp1252", "replace"), 0)
        elif not EMPTY.fullmatch(line):
            may_be = headings is None and at < FIRST
            found = _layout(line, layout.delimiter, above) if may_be else None
            if found is None:
                yield _given(number, line, layout)
            if may_be:
                above.append(_text(line).text)
            headings = headings or found
            layout = headings or layout


def _layout(line: bytes, delimiter: str, above: Sequence[str]) -> Layout | None:
    """What a line of headings says; None when it is none."""
    text = _text(line).text
    for each in delimiter or OF_HEADINGS:
        names = [_name(cell) for cell in _cells(text, each) or []]
        column = next((names.index(name) for name in HEADERS if name in names), None)
        if column is not None and not _is_data(names, column, each, above):
            return Layout(each, column)
    return None


def _name(heading: str) -> str:
    return re.sub(r"[\s_-]", "", heading).casefold().strip(AROUND)


def _is_data(names: Sequence[str], column: int, delimiter: str, above: Sequence[str]) -> bool:
    """Somebody in Indonesia: the line begins like an id, or others above have as many columns."""
    if names[column] != COUNTRY or column == 0:
        return False
    widest = max((len(_cells(text, delimiter) or ()) for text in above), default=0)
    return widest >= len(names) or any(letter.isdecimal() for letter in names[0])


def _given(number: int, line: bytes, layout: Layout) -> Given:
    text, is_utf8 = _text(line)
    number_ = SHORTENED_FIRST.match(text.strip(AROUND)) if layout.column == 0 else None
    if number_:  # with a comma, as some countries write it
        return Given(number, number_[1], doubt=IS_SHORTENED)
    cells = _readable(text, layout.delimiter or _first_delimiter(text), layout.column)
    if cells is None:
        return Given(number, "", BROKEN_QUOTE)
    cell = cells[layout.column].strip(AROUND) if len(cells) > layout.column else ""
    as_text = AS_TEXT.fullmatch(cell)
    id_ = as_text[1].strip(AROUND) if as_text else cell
    if not id_:
        return Given(number, "", NO_ID)
    if not EXTERNAL_ID.fullmatch(id_):
        return Given(number, "", NOT_AN_ID)
    return Given(number, id_, doubt=_doubt(id_, is_utf8))


def _doubt(id_: str, is_utf8: bool) -> str:
    if not is_utf8:
        return NOT_UTF8
    if SHORTENED.fullmatch(id_):
        return IS_SHORTENED
    if FLOAT.fullmatch(id_):
        return IS_FLOAT
    if id_.startswith("'"):
        return IS_QUOTED
    return IS_FORMULA if id_.startswith("=") else UNKNOWN


def _text(line: bytes) -> Text:
    """By the line: a file that is not UTF-8 is in what Windows wrote before."""
    try:
        return Text(line.decode(), is_utf8=True)
    except UnicodeDecodeError:
        return Text(_windows(line), is_utf8=False)


def _windows(line: bytes) -> str:
    """Five bytes of Windows-1252 stand for nothing: then it is Latin-1."""
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _first_delimiter(text: str) -> str:
    """Outside of a first cell in quotation marks."""
    start = text.lstrip(AROUND)
    end = re.match(r'=?"(?:[^"]|"")*"', start)
    rest = start[end.end() :] if end else start
    return next((each for each in rest if each in DELIMITERS), ",")


def _readable(text: str, delimiter: str, column: int) -> list[str] | None:
    """The cells of a line, or those before one that has several lines, if the id is among them."""
    cells = _cells(text, delimiter)
    if cells is not None or text.count('"') % 2 == 0:
        return cells
    before = next(csv.reader([text], delimiter=delimiter), [])[:-1]
    return before if len(before) > column else None


def _cells(text: str, delimiter: str) -> list[str] | None:
    """None when its quotation marks are wrong."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        found = list(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None
