"""Files as spreadsheets, browsers and mistakes make them."""

import gzip
import io
import zipfile
from collections.abc import Iterator

import pytest

from notifications.segments.models import Segment
from notifications.segments.upload.list_text import ListText, NoList
from preferences.models import Recipient
from tests.notifications.segments.conftest import MakeSegment
from tests.notifications.segments.test_uploads import members, send

pytestmark = pytest.mark.django_db
TABLE = "Имя\tUser ID\tCity\nМария\tuser-1\tWien\n علی\tuser-2\tتهران\n"
PERSIAN = (
    "نام و نام خانوادگی\tuser_id\nمریم میرزاخانی از تهران\tuser-1\nعلی رضایی از اصفهان\tuser-2\n"
)
CHINESE = "姓名全称地址备注,ID\n王小明北京市朝阳区一号,user-1\n李雷上海市浦东新区,user-2\n"
WINDOWS = "Name;Kunden_ID;user-id\nMüller;x;user-1\nJosé €;y;user-2\n"


@pytest.fixture
def segment(make_segment: MakeSegment, people: list[Recipient]) -> Segment:
    made = make_segment({"member_of_upload": True})
    send(made, b"user-3\nuser-4\n")
    return made


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode("utf-16"),  # Excel's “Unicode text”
        TABLE.encode("utf-16-le"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        "user-1\nuser-2\n".encode("utf-16-be"),
        TABLE.encode("utf-32"),
        PERSIAN.encode("utf-16-le"),
        PERSIAN.encode("utf-16-be"),
        CHINESE.encode("utf-16-le"),
        CHINESE.encode("utf-32-le"),
        "user-1\nuser-2\n".encode("utf-32-be"),
        WINDOWS.encode("cp1252"),
        WINDOWS.encode("utf-8-sig"),
        b"sep=;\r\nuser-1;M\xfcller\r\nuser-2;x\r\n",
        b'"sep=;"\nName;ID\nMaria;user-1\nJan;user-2\n',
        b"sep=\t\nuser-1\tMaria, Wien\nuser-2\tJan\n",
        b"user-1;Maria\nuser-2;Jan\n",
        b"user-1;Maria, Wien\nuser-2,Jan; Linz\n",
        b'"user-1";"a;b"\n"user-2";"c"\n',
        b"ID|Name\nuser-1|Maria, Wien\nuser-2|Jan\n",
        b"sep=|\nuser-1|Maria\nuser-2|Jan\n",
        b"user-1\x00\r\n\x0cuser-2,Maria\r\n\x1a",  # mainframes, page breaks, and the end of DOS
        b"user-1,ID\nuser-2,AT\n",  # Indonesia
        b'user-1,"Wien, 3",AT\nuser-2,Jakarta,ID\n',
        b"user-1\ruser-2\r",
        b"EXTERNAL_ID,x\ruser-1,1\ruser-2,2",
        b"user-1\r\n;;;\r\nuser-2;;;\r\n;;;\r\n",
        b'="user-1";1\n"=""user-2""";2\n',
        b"External Id\nuser-1\nuser-2\n",
        b"ExternalID,UserId\nuser-1,user-9\nuser-2,user-8\n",
        "\u200buser-1\u00a0\nuser-2\ufeff\n".encode(),
        "\u200fuser-1\n\u202auser-2\u202c\n".encode(),  # marks of direction
        b";;;\nName;ID\nMaria;user-1\nJan;user-2\n",
        b'ID;Note\nuser-1;"a; ""b"""\nuser-2;5" pipe\n',
    ],
)
def test_a_file_is_understood_however_a_spreadsheet_wrote_it(
    segment: Segment, content: bytes
) -> None:
    upload = send(segment, content, "replace")
    assert (upload.state, upload.received, upload.failed) == ("done", 2, 0)
    assert members(segment) == ["user-1", "user-2"]


@pytest.mark.parametrize(
    ("content", "failed"),
    [
        (b"Members 28.11.2026\n\nName,User ID\nMaria,user-1\nJan,user-2\n", 1),  # a title
        (b'ID,Note\nuser-1,"two\nlines"\nuser-2,x\n', 0),  # a cell of several lines
        (b"Kunde;Land\nuser-1;ID\nuser-2;DE\n", 0),
        (b'Note,ID\n"open,user-9\nx,user-1\nx,user-2\n', 1),
    ],
)
def test_lines_around_those_with_ids_are_named_and_lose_nobody(
    segment: Segment, content: bytes, failed: int
) -> None:
    upload = send(segment, content, "replace")
    assert members(segment) == ["user-1", "user-2"]
    assert (upload.state, upload.failed) == ("done", failed)


def test_half_of_a_long_number_is_nobodys_id(segment: Segment) -> None:
    Recipient.objects.create(external_id="1")
    upload = send(segment, b"ID\n1,23457E+12\nuser-1\n", "replace")
    assert members(segment) == ["user-1"]
    assert "shortened a long number" in upload.errors[0]["problem"]


def test_half_of_one_is_nobodys_id_in_a_list_without_headings_either(segment: Segment) -> None:
    Recipient.objects.create(external_id="1")
    upload = send(segment, b"user-1;Maria\n1,23457E+12;Jan\n", "replace")
    assert members(segment) == ["user-1"]
    assert "shortened a long number" in upload.errors[0]["problem"]


def test_it_is_said_where_the_ids_were_looked_for(segment: Segment) -> None:
    upload = send(segment, b"Name;Kunden-Nr\nMaria;user-1\n", "replace")
    assert upload.state == "refused"
    assert "the first column, or the one that is headed external_id" in upload.problem


def zipped(name: str, text: bytes = b"x") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, text)
    return made.getvalue()


@pytest.mark.parametrize("mode", ["replace", "add"])
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\n\r\n  \n;;;\n", "it is empty"),
        (b"user_id;name\n", "only headings"),
        ("user_id\tname\n".encode("utf-16"), "only headings"),
        (b"stranger", "none of 1 line names anybody"),
        (b"stranger;1\nnobody;2\n", "none of 2 lines names anybody"),
        (b"two words\nstranger\n", "Line 1: An id must have"),
        (b"x" * 5_000_000, "Line 1: The line is too long"),
        (b"<!DOCTYPE html>\n<html>user-1\nuser-2\n</html>", "This is a web page"),
        (b"\xef\xbb\xbf  <HTML><body>502 Bad Gateway", "This is a web page"),
        ("<html><p>Fehler".encode("utf-16"), "This is a web page"),
        (b"<?xml version='1.0'?>\n<Error>user-1</Error>", "This is XML"),
        (b'{"error": "expired"}\nuser-1\n', "This is JSON"),
        (b'[\n"user-1"\n]', "This is JSON"),
        (gzip.compress(b"user-1\nuser-2\n", mtime=0), "This is a gzip archive: unpack it"),
        (zipped("list.csv", b"user-1"), "This is a zip archive: unpack it"),
        (zipped("[Content_Types].xml"), "This is an Excel file: save it as CSV"),
        (zipped("xl/workbook.xml"), "This is an Excel file: save it as CSV"),
        (
            zipped("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            "OpenDocument spreadsheet",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "This is an Excel file"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\nuser-1\n", "This is a PDF"),
        (b"\x89PNG\r\n\x1a\nuser-1\n", "This is a picture"),
        (bytes(range(32)) * 40 + b"\nuser-1\n", "This is not a text file"),
    ],
)
def test_a_file_in_which_nothing_is_recognised_changes_nothing_and_says_why(
    segment: Segment, content: bytes, why: str, mode: str
) -> None:
    upload = send(segment, content, mode)
    assert members(segment) == ["user-3", "user-4"]
    assert (upload.state, upload.added, upload.removed) == ("refused", 0, 0)
    assert why in upload.problem


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"4.9123E+11", "shortened a long number"),
        (b'"=A1+1"', "it is a formula"),
        (b"4711.0", "to a whole number"),
        (b"'4711", "begins with an apostrophe"),
        (b"M\xfcller", "The file is not UTF-8"),
        (b"00123", "No recipient has this id."),
    ],
)
def test_what_a_spreadsheet_did_to_an_id_is_said(
    segment: Segment, line: bytes, problem: str
) -> None:
    upload = send(segment, b"user-1\n" + line + b"\n")
    (error,) = upload.errors
    assert problem in error["problem"]


def test_zeros_at_the_start_belong_to_an_id(segment: Segment) -> None:
    for name in ("00123", "123", "{3f25-11}"):
        Recipient.objects.create(external_id=name)
    send(segment, b'{3f25-11}\n="00123"\n00123\n', "replace")
    assert members(segment) == ["00123", "{3f25-11}"]


class Trickling:
    """A client that sends a byte at a time."""

    def __init__(self, content: bytes) -> None:
        self.bytes: Iterator[int] = iter(content)

    def read(self, size: int, /) -> bytes:
        return bytes(byte for byte in [next(self.bytes, None)] if byte is not None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_how_it_arrives_does_not_matter(encoding: str) -> None:
    text = "a\r\nb\rcé\n\r\n€\r" * 300
    stream = ListText(Trickling(text.encode(encoding)))
    read = b"".join(iter(lambda: stream.read(10), b""))
    assert read.decode() == text.replace("\r\n", "\n").replace("\r", "\n")


def test_what_is_no_list_is_known_by_a_trickle_too() -> None:
    with pytest.raises(NoList, match="gzip"):
        ListText(Trickling(gzip.compress(b"user-1" * 100)))
