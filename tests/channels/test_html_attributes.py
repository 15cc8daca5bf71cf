from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.compose import html_to_text
from channels.html_attributes import attribute_of, attribute_value

PARAMETERS = (
    "https://shop.example/list?id=7&section=news&copy=1&reg=eu&lang=de",
    "https://shop.example/?a=1&para=2&times=3&not=4&currency=EUR&lt=5&gt=6&amp5",
    "https://shop.example/?نام=رضا&order=1&degree=2&micro=3&deg=4&not=",
)


@pytest.mark.parametrize("url", PARAMETERS)
def test_a_parameter_named_like_a_character_stays_a_parameter(url: str) -> None:
    assert attribute_value(url) == url


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("?a=1&amp;copy=2", "?a=1&copy=2"),
        ("?a=1&AMP;b=2&#38;c=3&#x26;d", "?a=1&b=2&c=3&d"),
        ("?a&#38b", "?a&b"),  # a number always ends where its digits do
        ("&copy", "©"),
        ("&copy/&copy;x", "©/©x"),
        ("&copyé", "©é"),  # not a letter of ASCII
        ("&notit; &notin; &not;in", "&notit; ∉ ¬in"),
        ("&unknown; && &; &", "&unknown; && &; &"),
        ("&lt=1&ltx&lt;y", "&lt=1&ltx<y"),
    ],
)
def test_a_reference_is_read_as_browsers_read_it(raw: str, value: str) -> None:
    assert attribute_value(raw) == value


@given(st.text())
def test_what_was_escaped_comes_back(text: str) -> None:
    assert attribute_value(escape(text)) == text


def test_the_first_attribute_of_a_name_counts() -> None:
    assert attribute_of("<a title=x HREF='/?a&copy=1' href=/b>", "href") == "/?a&copy=1"


@pytest.mark.parametrize("url", PARAMETERS)
def test_the_text_of_a_mail_has_the_link_of_its_html(url: str) -> None:
    assert html_to_text(f'<p><a href="{url}">List</a></p>') == f"List ({url})"


def test_the_text_of_a_picture_is_read_like_a_link() -> None:
    assert html_to_text('<img alt="R&D &copy=1 &amp; more">') == "R&D &copy=1 & more"
