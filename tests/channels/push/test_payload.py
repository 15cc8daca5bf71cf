import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.push.payload import encode, is_boundary, shorten


@given(st.text(), st.integers(-5, 200))
def test_a_shortened_text_always_fits(text: str, budget: int) -> None:
    short = shorten(text, budget)
    assert short == "" or len(encode(short)) - 2 <= budget


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_what_is_encoded_can_be_read(text: str) -> None:
    assert json.loads(encode({"x": text})) == {"x": text}


def test_half_a_surrogate_pair_does_not_stop_a_message() -> None:
    assert json.loads(encode("a\ud83d")) == "a?"


def test_a_text_that_fits_stays_whole() -> None:
    assert shorten("hello", 5) == "hello"


def test_a_text_that_does_not_fit_ends_in_an_ellipsis() -> None:
    assert shorten("hello world", 9) == "hello…"


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",  # a letter and its accent
        "👩‍👩‍👧",  # a family, joined
        "👍🏽",  # a hand and its skin tone
        "🇩🇪",  # a flag
        "❤\ufe0f",  # a heart and its variation selector
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",  # a flag in tags
        "\r\n",
        "कि",  # a consonant and its vowel sign
    ],
)
def test_no_letter_is_cut_in_two(cluster: str) -> None:
    text = "a" + cluster + "b"
    inside = range(2, 1 + len(cluster))
    assert [is_boundary(text, index) for index in inside] == [False] * len(inside)
    assert is_boundary(text, 1)
    assert is_boundary(text, 1 + len(cluster))


def test_flags_are_cut_apart_only_between_two() -> None:
    flags = "🇩🇪🇫🇷🇮🇹"
    assert [is_boundary(flags, index) for index in range(1, 6)] == [False, True, False, True, False]
