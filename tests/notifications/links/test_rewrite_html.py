import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.links.rewrite_html import rewrite


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


LINK = "https://a.example/"
FRAGMENTS = st.sampled_from(
    [
        f"<a href='{LINK}'>x</a>",
        f'<A CLASS="b" HREF = "{LINK}" >',
        f"<a title='>' href={LINK}>",
        f"<area\nhref='{LINK}'/>",
        f"<!-- <a href='{LINK}'> -->",
        f"<!--[if mso]><a href='{LINK}'>x</a><![endif]-->",
        f"<style>a {{ content: \"<a href='{LINK}'>\" }}</style>",
        f"<script>'<a href=\"{LINK}\">'</script>",
        f"<img alt=\"<a href='{LINK}'>\">",
        "<p don't>it's</p>",
        "<br/>1 < 2 > 1 & <3 </ p>",
        "<!doctype html><?xml x?>",
        "<article href='https://b.example/'><abbr>",
        "</body>",
        "text ",
    ]
)


@given(st.lists(FRAGMENTS, max_size=8).map("".join))
def test_what_the_standard_parser_takes_for_links_are_the_links(text: str) -> None:
    expected, found = Links(), Links()
    expected.feed(text)
    found.feed(rewrite(text, ours))
    assert expected.found.count(LINK) == found.found.count(ours(LINK))
    assert LINK not in found.found


@given(st.text("<>ahref='\"/ !-[]&;#bodystylep\n=:", max_size=200))
def test_any_text_keeps_its_other_characters(text: str) -> None:
    assert rewrite(text, lambda _: "") == text
    assert rewrite(text, ours).replace(ours(text), text) == text


@pytest.mark.parametrize(
    "hostile", ["<a ", "<a href='", '<a href="x ', "<!--", "<style>", "<a =", "</", "<p '", "<a\n"]
)
def test_a_text_of_a_quarter_of_a_megabyte_takes_no_time(hostile: str) -> None:
    text = hostile * (262_144 // len(hostile))
    began = time.process_time()
    rewrite(text, ours, "https://us.example/t/o/1.gif")
    assert time.process_time() - began < 2  # squared, it would be minutes


@pytest.mark.parametrize(
    ("href", "url"),
    [
        (
            "https://shop.example/list?id=7&section=news&copy=1&reg=eu&lang=de",
            "https://shop.example/list?id=7&section=news&copy=1&reg=eu&lang=de",
        ),
        ("https://shop.example/?a=1&amp;copy=2&lt=3", "https://shop.example/?a=1&copy=2&lt=3"),
        (
            "https://shop.example/?x&para=1&yen=2&cent=3",
            "https://shop.example/?x&para=1&yen=2&cent=3",
        ),
    ],
)
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_a_parameter_named_like_a_character_stays_a_parameter(
    href: str, url: str, quote: str
) -> None:
    assert ours(url) in rewrite(f"<a href={quote}{href}{quote}>x</a>", ours)
