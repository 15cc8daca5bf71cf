"""The name of a notification type in somebody's language. Pure."""

import re
from collections.abc import Mapping

from channels.locales import choose

SHAPE = '{"de": "Angebote", "fr": "Offres"}'
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)  # BCP 47, its language first
LONGEST = 200


def named(names: Mapping[str, str], default: str, locale: str) -> str:
    """By the locale, else by its language, else as it is called everywhere."""
    chosen = choose(tuple(names), locale) if names and locale else None
    return names[chosen] if chosen else default


def checked_names(value: object, longest: int = LONGEST) -> dict[str, str]:
    """Raises ValueError, which says what is wrong."""
    if not isinstance(value, Mapping):
        raise ValueError(f"Write it by language, as {SHAPE}.")
    for locale, text in value.items():
        if not LOCALE.fullmatch(str(locale)):
            raise ValueError(f"“{locale}” is no language: write de, or pt-BR.")
        if not (isinstance(text, str) and 0 < len(text.strip()) <= longest):
            raise ValueError(f"{locale}: a text of up to {longest} characters.")
    return {str(locale): text.strip() for locale, text in value.items()}
