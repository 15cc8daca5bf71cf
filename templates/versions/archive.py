"""Files of templates as one zip. What an archive says of itself is not believed: its members are
counted and read in pieces, and no more is kept than files may have."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from templates.build.files import NotReadable

LARGEST = 20 * 1024 * 1024  # bytes of all files together
MOST_FILES = 20_000
PIECE = 64 * 1024  # bytes
MEMBER = b"PK\x01\x02"  # begins each in the list of members
ENCRYPTED = 0x1
# Python reads bzip2 and LZMA without a bound on what a piece becomes.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
TOO_LARGE = f"More than {LARGEST >> 20} MB or {MOST_FILES:,} files"
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, OverflowError, NotImplementedError, RuntimeError),
)


def pack(files: Mapping[str, str]) -> bytes:
    """Returns a ZIP of the files, by their paths."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return held.getvalue()


def unpack(packed: bytes) -> dict[str, str]:
    """Raises NotReadable."""
    if packed.count(MEMBER) > MOST_FILES:  # before a list of them is made
        raise NotReadable(TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return _texts(archive)
    except NotReadable:
        raise
    except DAMAGED as error:
        raise NotReadable(f"This is not a zip file of text files: {error}") from None


def _texts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Raises NotReadable, or one of DAMAGED."""
    texts: dict[str, str] = {}
    left = LARGEST
    for info in archive.infolist():
        if info.is_dir():
            continue
        if info.filename in texts:
            raise NotReadable(f"{info.filename}: appears twice in the archive")
        content = _content(archive, info, left)
        left -= len(content)
        texts[info.filename] = content.decode()
    return texts


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.flag_bits & ENCRYPTED or info.compress_type not in METHODS:
        raise NotReadable(f"{info.filename}: must be compressed with deflate, without a password")
    content = bytearray()
    with archive.open(info) as member:
        while piece := member.read(PIECE):
            content += piece
            if len(content) > most:
                raise NotReadable(TOO_LARGE)
    return bytes(content)
