"""Text in the headers of an e-mail, in ASCII whatever its script (RFC 2047, RFC 2231). Pure.

Only controls and line breaks are dangerous in a header. All else has a way to be written: joiners
of Persian and of emoji, soft hyphens, marks of direction, characters not assigned yet.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

DANGEROUS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
LONGEST = 900  # characters of a plain line; RFC 5322 allows 998
LINE = 76  # characters of a line with encoded words, RFC 2047 section 2
OPEN, CLOSE = "=?utf-8?b?", "?="
WORD = 45  # bytes of UTF-8 in one encoded word: 72 characters, of at most 75
LEAST = 12  # bytes worth beginning with behind a header's name
LOOKS_ENCODED = "=?"
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
NAME = 60  # characters of a name that is written plain
SEGMENT = 60  # characters of one segment of a file's name, RFC 2231


def is_dangerous(text: str) -> bool:
    """Whether it has a character that could end the header or hide in it."""
    return not text.isprintable() and DANGEROUS.search(text) is not None


def well_formed(text: str) -> str:
    """Half a pair of UTF-16 is no character and has no UTF-8."""
    if text.isascii() or not SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def unstructured(text: str, before: int = 0) -> list[str]:
    """The text itself where that can be, else its encoded words. `before`: characters that stand in
    front of it on its first line."""
    plain = text.isascii() and len(text) <= LONGEST and LOOKS_ENCODED not in text
    return [text] if plain and text == text.strip() else encoded_words(text, before)


def phrase(name: str, before: int = 0, *, quoted: bool = False) -> list[str]:
    """A person's or a shop's name in front of an address; `quoted` though it need not be."""
    if not name.isascii() or len(name) > NAME or LOOKS_ENCODED in name:
        return encoded_words(name, before)
    if not quoted and ATOMS.fullmatch(name):
        return [name]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def encoded_words(text: str, before: int = 0) -> list[str]:
    """Each of at most 75 characters, and of whole characters: a reader decodes word by word."""
    data = well_formed(text).encode()
    words, start = [], 0
    room = min((LINE - before - len(OPEN + CLOSE)) // 4 * 3, WORD)
    if room < LEAST:
        room = WORD
    while start < len(data):
        end = start + room
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"{OPEN}{b64encode(data[start:end]).decode()}{CLOSE}")
        start, room = end, WORD
    return words


def folded(name: str, tokens: Iterable[str]) -> str:
    """A header of one line, or of several if it has encoded words and is too long for one."""
    first = line = f"{name}:"
    lines = []
    for token in tokens:
        full = len(line) + len(token) >= LINE
        if full and (line is not first or token.startswith(OPEN)):
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join((*lines, line)) + "\r\n"


def file_name(name: str) -> str:
    """The parameter `filename`: in quotes if it is plain, else by RFC 2231, in segments if long."""
    if name.isascii() and len(name) <= SEGMENT and LOOKS_ENCODED not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f' filename="{escaped}"'
    segments, segment = [], "utf-8''"
    for character in well_formed(name):
        encoded = quote(character, safe="")
        if len(segment) + len(encoded) > SEGMENT:
            segments.append(segment)
            segment = ""
        segment += encoded
    segments.append(segment)
    if len(segments) == 1:
        return f"\r\n filename*={segments[0]}"
    return ";".join(f"\r\n filename*{n}*={text}" for n, text in enumerate(segments))
