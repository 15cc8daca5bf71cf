"""An archive somebody sends: what it says of itself is not believed."""

import io
import random
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import pytest

from templates.build.files import NotReadable
from templates.versions.archive import LARGEST, MOST_FILES, pack, unpack

FILES = {"order/sms.default.txt": "Order {{ id }}\n", "order/sms.fa.txt": "سفارش {{ id }}\n"}
CENTRAL, SIZE_AT = b"PK\x01\x02", 24  # the size in an entry of the list
LOCAL, LOCAL_SIZE_AT = b"PK\x03\x04", 22


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return held.getvalue()


def saying(packed: bytes, size: int) -> bytes:
    """With another size wherever a member says its own."""
    lying = bytearray(packed)
    for mark, offset in ((CENTRAL, SIZE_AT), (LOCAL, LOCAL_SIZE_AT)):
        at = lying.find(mark)
        while at >= 0:
            struct.pack_into("<I", lying, at + offset, size)
            at = lying.find(mark, at + 4)
    return bytes(lying)


def peak(packed: bytes) -> int:
    """Bytes that were held at once while it was refused."""
    tracemalloc.start()
    try:
        with pytest.raises(NotReadable):
            unpack(packed)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_holds_the_same() -> None:
    assert unpack(pack(FILES)) == FILES


def test_folders_and_what_is_not_compressed_are_read() -> None:
    members = [("order/", b""), ("order/sms.default.txt", b"Hi")]
    assert unpack(zipped(*members, method=zipfile.ZIP_STORED)) == {"order/sms.default.txt": "Hi"}


def test_as_much_as_may_be_is_read_and_a_byte_more_is_not() -> None:
    half = b"0" * (LARGEST // 2)
    assert len(unpack(zipped(("a/1", half), ("a/2", half)))) == 2
    with pytest.raises(NotReadable, match="More than 20 MB"):
        unpack(zipped(("a/1", half), ("a/2", half), ("a/3", b"0")))


@pytest.mark.parametrize("size", [0, 1, 100, LARGEST])
def test_one_that_says_it_is_small_is_refused_in_little_memory(size: int) -> None:
    bomb = zipped(("order/sms.default.txt", b"0" * (8 * LARGEST)))
    assert peak(saying(bomb, size)) < 3 * LARGEST


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_python_would_expand_at_once_is_not_expanded(method: int) -> None:
    bomb = zipped(("order/sms.default.txt", b"0" * (4 * LARGEST)), method=method)
    assert peak(bomb) < LARGEST


def test_one_of_very_many_members_is_refused_before_they_are_listed() -> None:
    entry = CENTRAL + bytes(42)
    packed = entry * (LARGEST // len(entry))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(packed), 0, 0)
    assert peak(packed + end) < 1024 * 1024


def test_one_too_many_are_refused_also_when_they_are_empty() -> None:
    with pytest.raises(NotReadable, match="20,000 files"):
        unpack(zipped(*((f"a/{n}", b"") for n in range(MOST_FILES + 1))))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.raises(NotReadable, match=r"order/sms\.default\.txt: appears twice in the archive"):
        unpack(zipped(("order/sms.default.txt", b"one"), ("order/sms.default.txt", b"two")))


@pytest.mark.parametrize("packed", [b"", b"PK", b"\0" * 100, zipped(("a/b", b"\xff\xfe"))])
def test_what_is_no_zip_of_texts_says_so(packed: bytes) -> None:
    with pytest.raises(NotReadable, match="not a zip file"):
        unpack(packed)


def test_whatever_is_damaged_is_read_or_refused() -> None:
    chance, whole = random.Random(7), pack(FILES)
    for _ in range(3_000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        cut = bytes(damaged[: chance.choice([None, chance.randrange(len(damaged))])])
        with suppress(NotReadable):
            assert len(unpack(cut)) <= len(FILES)
