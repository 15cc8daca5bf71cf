import pytest

from preferences.type_names import checked_names, named

NAMES = {"de": "Angebote", "pt-BR": "Ofertas", "de-AT": "Aktionen"}


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        ("de", "Angebote"),
        ("de-CH", "Angebote"),
        ("de_AT", "Aktionen"),
        ("pt-BR", "Ofertas"),
        ("pt", "Ofertas"),  # which is that of Brazil
        ("iw", "Offers"),
        ("", "Offers"),
    ],
)
def test_a_name_is_that_of_the_locale_else_of_its_language_else_the_one_for_all(
    locale: str, name: str
) -> None:
    assert named(NAMES, "Offers", locale) == name


def test_names_are_kept_without_blanks_around_them() -> None:
    assert checked_names({"de": " Angebote "}) == {"de": "Angebote"}


@pytest.mark.parametrize(
    "value", [["de"], {"German": "x"}, {"de": ""}, {"de": 7}, {"de": "x" * 201}]
)
def test_what_are_no_names_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        checked_names(value)
