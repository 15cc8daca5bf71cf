"""What kind of file a list is: what is no list is refused, and text of any encoding becomes UTF-8
with lines that end in one way. Nothing of it is kept in memory but a chunk."""

import codecs
import re
from collections.abc import Iterator
from unicodedata import category

from preferences.recipients.import_ndjson import CHUNK, Stream

SNIFFED = 4_096  # bytes at its beginning
ENOUGH = 512  # of them, to tell by
BINARY = 0.1  # above this share of control characters it is no text
NO_LETTERS = ("Cc", "Cn", "Co", "Cs")  # categories of Unicode
SOME, MOSTLY = 0.05, 0.9  # shares of zeros by which UTF-16 and UTF-32 are known without a mark
AS_CSV = "save it as CSV (“CSV UTF-8”) and upload that"
UNPACK = "unpack it, and upload the CSV file that is in it"

# By their first bytes: https://en.wikipedia.org/wiki/List_of_file_signatures (read 2026-11)
MAGIC: list[tuple[bytes, str]] = [
    (b"\x1f\x8b", f"This is a gzip archive: {UNPACK}."),
    (b"BZh", f"This is a bzip2 archive: {UNPACK}."),
    (b"\xfd7zXZ\x00", f"This is an xz archive: {UNPACK}."),
    (b"\x28\xb5\x2f\xfd", f"This is a zstd archive: {UNPACK}."),
    (b"7z\xbc\xaf\x27\x1c", f"This is a 7z archive: {UNPACK}."),
    (b"Rar!\x1a\x07", f"This is a RAR archive: {UNPACK}."),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        f"This is an Excel file (or another of Office): {AS_CSV}.",
    ),
    (b"%PDF-", "This is a PDF: upload the table it was made of, saved as CSV."),
    (b"{\\rtf", f"This is a text document (RTF): {AS_CSV}."),
    (b"\x89PNG", "This is a picture, not a list."),
    (b"\xff\xd8\xff", "This is a picture, not a list."),
    (b"GIF8", "This is a picture, not a list."),
    (b"PAR1", f"This is a Parquet file: {AS_CSV}."),
    (b"SQLite format 3", f"This is a database: {AS_CSV}."),
]
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
IN_ZIP: list[tuple[bytes, str]] = [
    (b"vnd.oasis.opendocument.spreadsheet", f"This is an OpenDocument spreadsheet: {AS_CSV}."),
    (b"[Content_Types].xml", f"This is an Excel file: {AS_CSV}."),
    (b"_rels/", f"This is an Excel file: {AS_CSV}."),
    (b"xl/", f"This is an Excel file: {AS_CSV}."),
    (b"Index/", f"This is a Numbers file: {AS_CSV}."),
]
MARKUP: list[tuple[str, str]] = [
    (
        r"<(!doctype\s+html|html|head|body|title|script|div|h1|p)\b|<!--",
        "This is a web page, not a list; perhaps the error page of where it was downloaded from.",
    ),
    (r"<\?xml|<[a-z][\w:.-]*[\s/>]", f"This is XML, not a list: {AS_CSV}."),
    (r'\{\s*("|\})|\[\s*([\[{"\]]|-?\d+\s*[,\]])', f"This is JSON, not a list: {AS_CSV}."),
]
BOMS: list[tuple[bytes, str]] = [  # the longer first: one begins like another
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]


class NoList(ValueError):
    """The file is something else; the message says what, and what to do."""


class ListText:
    """A stream of UTF-8 with lines that end in `\\n`, whatever it is made of. What is no UTF-8 in a
    file without a mark stays as it is: that is decided by the line. Raises NoList."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._broken: Exception | None = None
        self._held = b""  # a CR at the end of a chunk: its LF may follow
        beginning = self._beginning()
        encoding, bom = encoding_of(beginning[:SNIFFED])
        decode = codecs.getincrementaldecoder(encoding)("replace").decode if encoding else None
        start = beginning[len(bom) :]
        refuse(decode(start[:SNIFFED]).encode() if decode else start, binary=beginning)
        self._decode = (
            codecs.getincrementaldecoder(encoding)("replace").decode if encoding else None
        )
        self._first: bytes | None = start

    def read(self, size: int, /) -> bytes:
        """Nothing only at its end."""
        while True:
            part = self._next(size)
            text = self._decode(part, not part).encode() if self._decode else part
            made = self._lines(text, last=not part)
            if made or not part:
                return made

    def _next(self, size: int) -> bytes:
        if self._first:
            part, self._first = self._first, None
            return part
        if self._broken is not None:
            raise self._broken
        return self._stream.read(size)

    def _beginning(self) -> bytes:
        """What breaks off meanwhile breaks off when this was read."""
        found = b""
        try:
            while len(found) < ENOUGH and (part := self._stream.read(CHUNK)):
                found += part
        except Exception as error:
            self._broken = error
        return found

    def _lines(self, text: bytes, *, last: bool) -> bytes:
        text = self._held + text
        self._held = b"\r" if text.endswith(b"\r") and not last else b""
        text = text.removesuffix(b"\r") if self._held else text
        return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def encoding_of(beginning: bytes) -> tuple[str, bytes]:
    """(its encoding, "" for UTF-8 and its relatives; the mark it begins with)."""
    for bom, encoding in BOMS:
        if beginning.startswith(bom):
            return encoding, bom
    return _unmarked(beginning), b""


def _unmarked(beginning: bytes) -> str:
    """By its zeros: every line end and delimiter has some, whatever language it is in."""
    zeros = [beginning[place::4].count(0) for place in range(4)]
    quarter = len(beginning) // 4
    if quarter and zeros[3] >= quarter > zeros[0] and zeros[2] > quarter * MOSTLY:
        return "utf-32-le"
    if quarter and zeros[0] >= quarter > zeros[3] and zeros[1] > quarter * MOSTLY:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd > max(len(beginning) / 2 * SOME, even * 2) and _is_text(beginning, "utf-16-le"):
        return "utf-16-le"
    if even > max(len(beginning) / 2 * SOME, odd * 2) and _is_text(beginning, "utf-16-be"):
        return "utf-16-be"
    return ""


def _is_text(beginning: bytes, encoding: str) -> bool:
    """And not UTF-8 with a stray zero: that makes letters of it, but no lines."""
    text = beginning.decode(encoding, "replace")
    strange = sum(letter == "\ufffd" or category(letter) in NO_LETTERS for letter in text)
    breaks = sum(map(text.count, "\t\r\n"))
    if not breaks and beginning.count(0) < 0.4 * len(text):
        return False
    return strange - breaks <= BINARY * len(text)


def refuse(text: bytes, binary: bytes) -> None:
    """Raises NoList for what can be told by its beginning."""
    if problem := next(_problems(text, binary), ""):
        raise NoList(problem)


def _problems(text: bytes, binary: bytes) -> Iterator[str]:
    if binary.startswith(ZIP):
        inside = (what for name, what in IN_ZIP if name in binary)
        yield next(inside, f"This is a zip archive: {UNPACK}.")
    yield from (what for magic, what in MAGIC if binary.startswith(magic))
    start = text[:SNIFFED].lstrip().decode(errors="replace")
    yield from (what for pattern, what in MARKUP if re.match(pattern, start, re.IGNORECASE))
    controls = sum(byte < 9 or 13 < byte < 32 for byte in text[:SNIFFED])
    if controls > BINARY * min(len(text), SNIFFED):
        yield f"This is not a text file: {AS_CSV}."
