import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.links.rewriting import rewrite


def ours(url: str) -> str:
    return f"https://us.example/t/c/{url.encode().hex()}"


def test_a_link_is_replaced_and_nothing_else() -> None:
    text = (
        "<p class=x>Hi &amp; <A\n title=\">\" HREF='https://a.example/?x=1&amp;y=2' id=k>go</A> you"
    )
    url = ours("https://a.example/?x=1&y=2")
    assert rewrite(text, ours) == text.replace("'https://a.example/?x=1&amp;y=2'", f'"{url}"')


@pytest.mark.parametrize(
    "href",
    [
        "mailto:a@b.example",
        "tel:+4312345",
        "#top",
        "/relative",
        "//a.example/x",
        "javascript:alert(1)",
        "https://",
        "https://a.example\\@b.example/",
        "https://a.example/&#13;&#10;Set-Cookie:x",
        "https://a.example/two words",
        "https://bücher.example/",
        "https://[broken",
        "https://a.example/" + "x" * 2_000,
        "",
    ],
)
def test_what_leads_to_no_page_stays(href: str) -> None:
    text = f'<a href="{href}">x</a>'
    assert rewrite(text, ours) == text


@pytest.mark.parametrize(
    "text",
    [
        '<!-- <a href="https://a.example/">x</a> -->',
        '<style>a[href="https://a.example/"] {}</style>',
        '<link href="https://a.example/"><img src="https://a.example/">',
        '<a data-href="https://a.example/" title=\'href="https://a.example/"\'>x</a>',
        '<a href="https://a.example/',
    ],
)
def test_only_links_are_links(text: str) -> None:
    assert rewrite(text, ours) == text


def test_of_two_hrefs_the_first_counts_as_in_a_browser() -> None:
    text = '<a href="https://a.example/" href="https://b.example/">x</a>'
    assert rewrite(text, ours) == text.replace("https://a.example/", ours("https://a.example/"))


def test_a_link_the_caller_leaves_stays() -> None:
    text = '<a href="https://us.example/u/1">stop</a>'
    assert rewrite(text, lambda _: "") == text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<body><p>x</body></html>", "</body></html>"),
        ("<html><p>x</html>", "</html>"),
        ("<p>x", ""),
        ("<!-- </body> --><p>x</p>", ""),
        ("<![odd[ <p>x", ""),
    ],
)
def test_the_pixel_stands_at_the_end_of_the_body(text: str, rest: str) -> None:
    done = rewrite(text, None, "https://us.example/t/o/1.gif")
    assert done.startswith(text.removesuffix(rest) + '<img src="https://us.example/t/o/1.gif"')
    assert done.endswith(f">{rest}")


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(reversed(attrs)).get("href") or "")


ANY = st.text(st.characters(codec="utf-8", exclude_characters="<>\0"), max_size=40)


@given(st.lists(st.tuples(ANY, ANY, st.sampled_from("\"'"))))
def test_whatever_stands_around_a_link_stays(pieces: list[tuple[str, str, str]]) -> None:
    """Every link leads to ours, which names it; every other character is where it was."""
    text = "".join(
        f"{before}<a title={quote}{title.replace(quote, '')}{quote} href='https://a.example/{at}'>"
        for at, (before, title, quote) in enumerate(pieces)
    )
    done = rewrite(text, ours)
    for at in range(len(pieces)):
        done = done.replace(f'"{ours(f"https://a.example/{at}")}"', f"'https://a.example/{at}'", 1)
    assert done == text


@given(st.text("<>ahref='\"/ !-[]&;#bodystylep\n=:", max_size=200))
def test_any_text_keeps_its_other_characters(text: str) -> None:
    assert rewrite(text, lambda _: "") == text
    links = Links()
    links.feed(rewrite("<a href='https://a.example/?q=" + html.escape(text) + "'>", ours))
    assert all(link.startswith("https://") for link in links.found)
