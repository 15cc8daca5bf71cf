"""Numbers, however they are written."""

import pytest

from channels.addresses.phone import InvalidPhone, e164, sendable, with_trunk_prefix

LONDON = "+447700900456"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+44 (0)7700 900456", LONDON),
        ("+44 07700-900-456", LONDON),
        ("+4407700900456", LONDON),
        ("+٤٤٧٧٠٠٩٠٠٤٥٦", LONDON),
        ("+۴۴۷۷۰۰۹۰۰۴۵۶", LONDON),
        ("+४४७७००९००४५६", LONDON),
        ("＋４４　７７００　９００４５６", LONDON),
        ("\u202a+44 7700 900456\u202c", LONDON),
        ("+44\u00a07700\u200b900456", LONDON),
        ("tel:+44-7700-900456", LONDON),
        ("+44 7700\u2013900\u2011456", LONDON),
        ("+39 06 6982 1234", "+390669821234"),  # Italy keeps its zero
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("+7 (8) 912 345-67-89", "+79123456789"),
        ("+49 (0)30/123456", "+4930123456"),
        ("+1 (415) 967-1111", "+14159671111"),
        ("+800 1234 5678", "+80012345678"),
        ("+52 1 55 1234 5678", "+525512345678"),  # Mexico's mobiles until 2019
        ("+5215512345678", "+525512345678"),
        ("TEL:+1-415-967-1111", "+14159671111"),
    ],
)
def test_a_number_has_one_form(text: str, number: str) -> None:
    assert e164(text) == number
    assert sendable(text) == sendable(number) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "07700900456", "00447700900456", "+44", "+4477", "+44770090045612345"),
        *("+999123456789", "+0123456789", "+1 800 FLOWERS", "+447700900456;ext=5"),
        *("+447700900456 x5", "+447700900456#5", "call +447700900456", "++447700900456"),
        *(
            "+447700900456 / +447700900457",
            "+44\n7700\x00900456",
            "+" + "4" * 100_000,
            "+44²²²²²²²²²\u2460z",
        ),
    ],
)
def test_what_is_no_number_of_its_country_is_refused(text: str) -> None:
    with pytest.raises(InvalidPhone):
        e164(text)


def test_the_spelling_with_a_trunk_prefix_is_known_where_there_is_one() -> None:
    assert with_trunk_prefix(LONDON) == "+4407700900456"
    assert with_trunk_prefix("+390669821234") == ""
    assert with_trunk_prefix("+525512345678") == "+5215512345678"
