import re
from pathlib import Path
from string import Formatter

import pytest

from channels.base import Channel
from preferences.centre.texts import LANGUAGES, language_of

PAGES = Path("notifyproj/html/centre")


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
def test_every_language_says_everything_with_the_same_names(language: str) -> None:
    words, english = LANGUAGES[language], LANGUAGES["en"]
    assert words.keys() == english.keys()
    assert [key for key, text in words.items() if gaps(text) != gaps(english[key])] == []


def test_every_word_a_page_asks_for_exists() -> None:
    used = {
        name
        for page in PAGES.glob("*.html")
        for name in re.findall(r"\bw\.(\w+)", page.read_text())
    }
    assert len(used) > 20
    assert used <= LANGUAGES["en"].keys()


def test_every_channel_has_a_word() -> None:
    assert {f"channel_{channel}" for channel in Channel} <= LANGUAGES["en"].keys()


@pytest.mark.parametrize(
    ("locales", "language"),
    [(("de-AT",), "de"), (("", "fr-FR"), "fr"), (("ja", "de"), "en"), (("", ""), "en")],
)
def test_the_persons_language_comes_before_their_browsers(
    locales: tuple[str, ...], language: str
) -> None:
    assert language_of(*locales) == language
