"""Links of an HTML message lead through ours, and a pixel says that it was opened. Pure.

Only the values of `href` in `a` and `area` are replaced, at the places the parser names; the rest
of the text stays as it was, byte for byte.
"""

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

MOST = 500  # links of a message
LONGEST = 2_000  # characters of a URL, written with escapes; browsers and Django take 2,048
# One attribute of a start tag, as html.parser reads it.
ATTRIBUTE = re.compile(
    r"""[\s/]([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>][^\s>]*))?""", re.ASCII
)


def rewrite(text: str, link: Callable[[str], str] | None, pixel: str = "") -> str:
    """`link` makes ours of a URL, or answers "" to leave it; `pixel` is the image's URL, or ""."""
    places = _Places()
    try:
        places.feed(text)
        places.close()
    except AssertionError:  # html.parser's word for a declaration it does not know
        places.hrefs.clear()
    changes = [(start, end, _quoted(link, value)) for start, end, value in places.hrefs if link]
    if pixel:
        at = len(text) if places.body_end is None else places.body_end
        changes.append((at, at, _image(pixel)))
    return _changed(text, sorted(c for c in changes if c[2]))


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, new in changes:
        pieces += [text[at:start], new]
        at = end
    return "".join((*pieces, text[at:]))


def _quoted(link: Callable[[str], str], raw: str) -> str:
    url = html.unescape(raw).strip()
    ours = link(url) if _leads_somewhere(url) else ""
    return f'"{html.escape(ours)}"' if ours else ""


def _leads_somewhere(url: str) -> bool:
    """http(s) with a host, and nothing that could end a header."""
    if not url.isprintable() or " " in url or "\\" in url or len(quote(url)) > LONGEST:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and host.isascii() and host != ""


def _image(url: str) -> str:
    style = "display:block;border:0;width:1px;height:1px"
    return f'<img src="{html.escape(url)}" width="1" height="1" alt="" style="{style}">'


class _Places(HTMLParser):
    """Where the values of links stand, quotes included, and where the body ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hrefs: list[tuple[int, int, str]] = []
        self.body_end: int | None = None
        self._lines = [0]

    def feed(self, data: str) -> None:
        self._lines = [0, *(at.end() for at in re.finditer("\n", data))]
        super().feed(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("a", "area") and len(self.hrefs) < MOST:
            raw = self.get_starttag_text() or ""
            for found in ATTRIBUTE.finditer(raw, 1 + len(tag)):
                if found[1].lower() == "href" and found[2]:
                    start = self._here() + found.start(2)
                    value = found[2][1:-1] if found[2][0] in "\"'" else found[2]
                    self.hrefs.append((start, start + len(found[2]), value))
                    return

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "body" or (tag == "html" and self.body_end is None):
            self.body_end = self._here()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
