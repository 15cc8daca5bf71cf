import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from preferences.centre import brand
from preferences.checks import check_brand
from tests.preferences.centre.conftest import Home

ACCENTS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(accent=ACCENTS, papers=st.sampled_from([brand.LIGHT, brand.DARK]))
def test_any_accent_can_be_read_on_every_paper(accent: str, papers: tuple[str, ...]) -> None:
    colour = brand._colour(brand.readable(accent, papers))
    assert all(brand.contrast(colour, brand._colour(paper)) >= 4.5 for paper in papers)


def test_an_accent_that_can_be_read_stays_as_it_is() -> None:
    assert brand.readable("#1c5bd0", brand.LIGHT) == "#1c5bd0"


def test_the_pages_carry_name_logo_and_accent(
    at_home: Home, visitor: Client, settings: Settings
) -> None:
    settings.BRAND_NAME = "Bank & Sons"
    settings.BRAND_LOGO_URL = "https://cdn.example.org/logo.svg"
    settings.BRAND_ACCENT = "#1c5bd0"
    page = visitor.get(at_home.path())
    assert b'src="https://cdn.example.org/logo.svg" alt="Bank &amp; Sons"' in page.content
    assert "img-src 'self' https://cdn.example.org;" in page["Content-Security-Policy"]
    assert b"--accent: #1c5bd0" in visitor.get("/p/theme.css").content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BRAND_ACCENT", "red"),
        ("BRAND_ACCENT", "#12345;}"),
        ("BRAND_LOGO_URL", "http://cdn.example.org/logo.svg"),
        ("BRAND_LOGO_URL", "//cdn.example.org/logo.svg"),
        ("BRAND_LOGO_URL", "https://cdn.example.org; script-src *"),
    ],
)
def test_a_brand_that_cannot_be_shown_is_told_at_the_start(
    settings: Settings, name: str, value: str
) -> None:
    assert check_brand(None) == []
    setattr(settings, name, value)
    assert [error.id for error in check_brand(None)] == ["notify.E006"]
    assert brand.stylesheet() == ""
    assert brand.logo() == ""
