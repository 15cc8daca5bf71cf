import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms_parts import GSM7, GSM7_EXTENSION, estimate, prepared, same


@pytest.mark.parametrize(
    ("body", "encoding", "parts"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 2),  # 164 septets: the first part stops at 152
        ("a" * 152 + "€" * 77, "GSM-7", 3),  # 306 septets would fill two, were a pair split
        ("ж" * 70, "UCS-2", 1),
        ("ж" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),  # 134 units would fill two of 67, were a pair split
        ("Ç", "GSM-7", 1),
        ("ç", "UCS-2", 1),
        ("a`", "UCS-2", 1),
        ("a\tb", "UCS-2", 1),
        ("\x1b", "UCS-2", 1),
    ],
)
def test_parts_are_what_a_carrier_bills(body: str, encoding: str, parts: int) -> None:
    assert estimate(body) == (encoding, parts)


def test_the_alphabet_has_127_letters_besides_the_escape() -> None:
    assert len(GSM7) == 127
    assert len(set(GSM7_EXTENSION) - GSM7) == 10


@given(st.text())
def test_every_text_has_an_estimate(body: str) -> None:
    assert estimate(prepared(body, smart=True)).parts >= 1


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("It\u2019s “on” \u2013 its\u00a0way…", 'It\'s "on" - its way...'),
        ("a`b\tc", "a'b c"),
        ("Привет", "Привет"),
        ("cafe\u0301\r\nbar", "café\nbar"),
    ],
)
def test_simulators_are_replaced_where_the_account_says_so(body: str, sent: str) -> None:
    assert prepared(body, smart=True) == sent


def test_without_it_a_text_is_only_composed() -> None:
    assert prepared("It\u2019s cafe\u0301\r\n", smart=False) == "It\u2019s café\n"


def test_half_a_surrogate_pair_does_not_stop_a_message() -> None:
    assert prepared("a\ud83d", smart=False) == "a?"


def test_a_text_is_known_again_after_its_characters_were_replaced() -> None:
    assert same("It\u2019s here ", "It's here")
    assert not same("Your code is 1", "Your code is 2")
