"""Phone numbers in E.164, in whichever digits and spelling they are written.

By `phonenumbers`: which zero belongs to a number is known by its country only.
"""

import re
import unicodedata
from functools import lru_cache

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    ndd_prefix_for_region,
    parse,
    region_code_for_country_code,
    region_code_for_number,
)

from channels.addresses.invisible import without_invisible

MAX_TEXT = 60  # characters
TEL = re.compile(r"tel:", re.IGNORECASE)  # RFC 3966
BETWEEN = frozenset("().,/\u00b7\u2212\u30fb")  # what people put between digits, besides dashes
# Nothing to ask the library about: no zero of a country's own behind its code.
PLAIN = re.compile(r"\+(?!\d{0,3}0|521)[1-9][0-9]{7,14}")
MEXICO = 52  # its mobiles had a 1 behind the code until 2019; lists and gateways still have it
SHAPE = "Must be a phone number with country code, such as +14155550123."
LENGTH = "The phone number has the wrong number of digits for its country."


class InvalidPhone(ValueError):
    """The message says what is wrong, without the text itself."""


def e164(text: str) -> str:
    """The one form, which is also what is sent. Raises InvalidPhone."""
    if len(text) > MAX_TEXT:
        raise InvalidPhone(SHAPE)
    written = unicodedata.normalize("NFKC", without_invisible(text))
    if scheme := TEL.match(written):
        written = written[scheme.end() :]
    if not _is_number_alone(written):
        raise InvalidPhone(SHAPE)
    try:
        number = parse(written, None)
    except NumberParseException:
        raise InvalidPhone(SHAPE) from None
    national = number.national_number or 0
    if number.country_code == MEXICO and national // 10**10 == 1:
        number.national_number = national - 10**10
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise InvalidPhone(LENGTH)
    return format_number(number, PhoneNumberFormat.E164)


def _is_number_alone(text: str) -> bool:
    """Digits of any script behind one plus; no letters, and nothing that is an extension."""
    if text.count("+") != 1 or not text.lstrip("( ").startswith("+"):
        return False
    return all(
        char.isdecimal() or char in BETWEEN or unicodedata.category(char) in ("Pd", "Zs")
        for char in text.replace("+", "")
    )


def sendable(text: str) -> str:
    """As `e164`; what is one already costs a microsecond."""
    return text if PLAIN.fullmatch(text) else e164(text)


def country(number: str) -> str:
    """Of a number in its one form: ISO 3166, or "" where it belongs to none."""
    try:
        code = region_code_for_number(parse(number))
    except NumberParseException:
        return ""
    return code if code and code.isalpha() else ""  # "001": satellites, freephone


def with_trunk_prefix(number: str) -> str:
    """As it was kept when somebody wrote `+44 (0)…`, or a mobile of Mexico as it was before; ""
    where a country has no such prefix."""
    code = next((c for n in (1, 2, 3) if (c := number[1 : 1 + n]) and _is_country(c)), "")
    prefix = _trunk_prefix(code) if code else ""
    return f"+{code}{prefix}{number[1 + len(code) :]}" if prefix else ""


def _is_country(code: str) -> bool:
    return code.isdecimal() and int(code) in COUNTRY_CODE_TO_REGION_CODE


@lru_cache(maxsize=300)
def _trunk_prefix(country_code: str) -> str:
    if int(country_code) == MEXICO:
        return "1"
    region = region_code_for_country_code(int(country_code))
    return ndd_prefix_for_region(region, True) or ""
