"""Numbers, money, dates and plurals as a person's locale writes them. Pure.

Everything is bounded: what a service sends as a number may have a billion digits, and a pattern
from a template a width of its own. The messages are safe to show: they quote no value.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent, is_currency

from channels.locales import InvalidLocale, canonical
from templates.engine.moment import read_moment

FALLBACK = "en"
STYLES = ("short", "medium", "long", "full")
MOST_DIGITS = 30  # before the point
MOST_DECIMALS = 10
LONGEST_SKELETON = 24
REMEMBERED = 4096  # of each: a campaign writes the same date to everybody
FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})


class CannotWrite(ValueError):
    """The message says why, and is safe to show."""


@lru_cache(maxsize=1024)
def locale_of(tag: str) -> Locale:
    """The nearest one there are data for: `de-XX` is `de`, and what nobody knows is English."""
    with suppress(InvalidLocale):
        tag = canonical(tag)
    while tag:
        try:
            return Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError, TypeError):
            tag = tag.rpartition("-")[0]
    return Locale.parse(FALLBACK)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


@lru_cache(maxsize=REMEMBERED)
def number(value: str, locale: str, digits: int | None) -> str:
    return format_decimal(_decimal(value), _digits(digits, "#,##0"), locale_of(locale))


@lru_cache(maxsize=REMEMBERED)
def percent(value: str, locale: str, digits: int | None) -> str:
    known = locale_of(locale)
    if digits is None:
        return format_percent(_decimal(value), locale=known)
    pattern = known.percent_formats[None].pattern.replace("#,##0", _digits(digits, "#,##0") or "")
    return format_percent(_decimal(value), pattern, known)


@lru_cache(maxsize=REMEMBERED)
def currency(value: str, code: str, locale: str) -> str:
    if not is_currency(code):
        raise CannotWrite("There is no such currency: use a code like EUR")
    return format_currency(_decimal(value), code, locale=locale_of(locale))


@lru_cache(maxsize=REMEMBERED)
def day(value: str, style: str, locale: str, zone: str) -> str:
    return _written(format_date, _moment(value, zone), style, locale)


@lru_cache(maxsize=REMEMBERED)
def clock(value: str, style: str, locale: str, zone: str) -> str:
    moment = _moment(value, zone)
    if not isinstance(moment, datetime):
        raise CannotWrite("A date without a time has no time to show")
    return _written(format_time, moment, style, locale)


@lru_cache(maxsize=REMEMBERED)
def day_and_clock(value: str, style: str, locale: str, zone: str) -> str:
    moment = _moment(value, zone)
    write = format_datetime if isinstance(moment, datetime) else format_date
    return _written(write, moment, style, locale)


@lru_cache(maxsize=REMEMBERED)
def plural(value: str, locale: str) -> str:
    """`one`, `few`, … : the form this number takes in that language."""
    return str(locale_of(locale).plural_form(abs(_decimal(value))))


def _decimal(value: str) -> Decimal:
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise CannotWrite("A variable is not a number") from None
    if not found.is_finite() or found.adjusted() > MOST_DIGITS:
        raise CannotWrite("A number is too large")
    return round(found, MOST_DECIMALS) if found.as_tuple().exponent < -MOST_DECIMALS else found  # type: ignore[operator]  # finite here


def _digits(digits: int | None, whole: str) -> str | None:
    """The pattern that shows exactly so many decimals; None for the locale's own."""
    if digits is None:
        return None
    if not 0 <= digits <= MOST_DECIMALS:
        raise CannotWrite(f"From 0 to {MOST_DECIMALS} decimals")
    return f"{whole}.{'0' * digits}" if digits else whole


def _moment(value: str, zone: str) -> date:
    try:
        return read_moment(value, zone_of(zone))
    except ValueError:
        raise CannotWrite("A variable is not a date: write it as 2026-06-27T08:00:00Z") from None


def _written(write: Callable[..., str], moment: date, style: str, locale: str) -> str:
    known = locale_of(locale)
    if style in STYLES:
        if write is format_date:
            return write(moment, style, locale=known)
        zone = moment.tzinfo if isinstance(moment, datetime) else None
        return write(moment, style, tzinfo=zone, locale=known)
    if len(style) > LONGEST_SKELETON:
        raise CannotWrite("A pattern of dates is too long")
    try:
        zone = moment.tzinfo if isinstance(moment, datetime) else None
        return format_skeleton(style, moment, tzinfo=zone, locale=known)
    except (KeyError, AttributeError, ValueError):
        raise CannotWrite("Dates are short, medium, long, full, or letters like MMMd") from None
