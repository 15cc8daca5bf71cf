"""Files that people send as a list of ids: spreadsheets, exports, mistakes and attacks."""

import codecs
import random

ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1252",
    "utf-32",
)
SEPARATORS = (",", ";", "\t", "|", " ")
ENDS = ("\n", "\r\n", "\r", "\n\n", "")
HEADS = ("external_id", "user_id", "id", "ID", "Kunde", "sep=;", "شناسه", "")
CELLS = (
    "ada",
    "00123",
    '="00123"',
    '"a,b"',
    '""',
    "=cmd|' /C calc'!A0",
    "josé",
    "Ünal",
    "رضا",
    "\u200bada",
)
ODD = (
    b"",
    b"\x00" * 64,
    codecs.BOM_UTF16_LE,
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    b"PK\x03\x04\x14\x00\x06\x00",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    b"<!doctype html><html><body>502 Bad Gateway</body></html>",
    b'{"error": "not found"}',
    b"\xff\xfe\xfd" * 100,
)


def a_list(chance: random.Random) -> bytes:
    """Returns the bytes of one file."""
    if chance.random() < 0.2:
        return chance.choice(ODD) * chance.choice((1, 1, 50))
    separator, end = chance.choice(SEPARATORS), chance.choice(ENDS)
    lines = [chance.choice(HEADS)] if chance.random() < 0.5 else []
    lines += [_line(chance, separator) for _ in range(chance.choice((0, 1, 3, 200, 5_000)))]
    text = end.join(lines) * chance.choice((1, 1, 1, 20))
    data = text.encode(chance.choice(ENCODINGS), "replace")
    return _damaged(chance, data) if chance.random() < 0.2 else data


def _line(chance: random.Random, separator: str) -> str:
    if chance.random() < 0.01:
        return chance.choice('a"=,') * chance.choice((300, 70_000))
    return separator.join(chance.choices(CELLS, k=chance.choice((1, 1, 2, 5))))


def _damaged(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.choice((1, 2, 100))) + data[at:]
