"""The filters of ours: `{{ total|currency("EUR") }}`, `{{ at|date }}`, `{{ link|url(id="x") }}`.

What they know of the person comes in variables whose names no text can say. Pure.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from templates.engine import localise as localising
from templates.engine.localise import FORMS, CannotWrite

LOCALE, ZONE, LANGUAGE = "__locale", "__zone", "__language"  # LANGUAGE: the text's own
UTC = "UTC"
LONGEST_URL = 4_000
MOST_PARAMETERS = 20


def clues(locale: str, zone: str, language: str) -> Mapping[str, str]:
    """What the filters ask for: of the person, and which language the text is written in."""
    return {LOCALE: locale, ZONE: zone, LANGUAGE: language}


def _number(state: Any, value: object, digits: int | None = None, *, locale: str = "") -> str:
    return localising.number(_numeral(value), locale or _known(state, LOCALE), digits)


def _percent(state: Any, value: object, digits: int | None = None, *, locale: str = "") -> str:
    return localising.percent(_numeral(value), locale or _known(state, LOCALE), digits)


def _currency(state: Any, value: object, code: str, *, locale: str = "") -> str:
    return localising.currency(_numeral(value), code, locale or _known(state, LOCALE))


def _date(state: Any, value: object, style: str = "medium", **said: str) -> str:
    return localising.day(_text(value), style, *_where(state, **said))


def _time(state: Any, value: object, style: str = "short", **said: str) -> str:
    return localising.clock(_text(value), style, *_where(state, **said))


def _datetime(state: Any, value: object, style: str = "medium", **said: str) -> str:
    return localising.day_and_clock(_text(value), style, *_where(state, **said))


def _plural(
    state: Any, value: object, one: str = "", other: str = "", *, locale: str = "", **forms: str
) -> str:
    """The words go by the language the text is in, not by the person's."""
    if unknown := forms.keys() - FORMS:
        raise CannotWrite(f"There is no plural form `{min(unknown)}`")
    form = localising.plural(_numeral(value), locale or _known(state, LANGUAGE))
    return {"one": one, **forms}.get(form) or other


def _url(state: Any, value: object, **parameters: object) -> str:
    """With these parameters besides, or instead of, its own."""
    link = _text(value)
    if len(link) > LONGEST_URL or len(parameters) > MOST_PARAMETERS:
        raise CannotWrite("A link is too long")
    try:
        parts = urlsplit(link)
    except ValueError:
        raise CannotWrite("A variable is not a link") from None
    own = [p for p in parse_qsl(parts.query, keep_blank_values=True) if p[0] not in parameters]
    added = [(name, _text(given)) for name, given in parameters.items() if given is not None]
    return urlunsplit(parts._replace(query=urlencode([*own, *added])))


FILTERS: dict[str, Callable[..., str]] = {
    "number": _number,
    "percent": _percent,
    "currency": _currency,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "plural": _plural,
    "url": _url,
}


def _where(state: Any, locale: str = "", zone: str = "") -> tuple[str, str]:
    return locale or _known(state, LOCALE), zone or _known(state, ZONE) or UTC


def _known(state: Any, name: str) -> str:
    return state.lookup(name) or ""


def _text(value: object) -> str:
    if value is None:
        raise CannotWrite("A variable is missing")
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise CannotWrite("A variable is not of the kind the text expects")
    if isinstance(value, int) and abs(value) >= 10**localising.MOST_DIGITS:
        raise CannotWrite("A number is too large")
    return value if isinstance(value, str) else str(value)


def _numeral(value: object) -> str:
    text = _text(value).strip()
    if len(text) > 2 * localising.MOST_DIGITS:
        raise CannotWrite("A number is too large")
    return text
