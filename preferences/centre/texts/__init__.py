"""The words of the pages people see, in their language; English where there are none.

Names that somebody chose are put between Unicode's isolates, so that one in another script does
not turn the sentence around it.
"""

from collections.abc import Mapping

from channels.base import Channel
from channels.locales import choose
from preferences.centre.texts import de, en, es, fr

Texts = Mapping[str, str]

VERSION = 1  # raise it when a page says something else
LANGUAGES: dict[str, Texts] = {"en": en.TEXTS, "de": de.TEXTS, "es": es.TEXTS, "fr": fr.TEXTS}
ISOLATE, END = "\u2068", "\u2069"


def language_of(*locales: str) -> str:
    """Of the first that says one; `locales` are BCP 47, best first, and may be empty."""
    for locale in filter(None, locales):
        return choose(tuple(LANGUAGES), locale) or "en"
    return "en"


def version_of(language: str) -> str:
    """What a proof of consent names: which text somebody saw."""
    return f"preferences.{VERSION}.{language}"


def say(texts: Texts, key: str, **names: str) -> str:
    """Returns the text of `key` with `names` in its gaps, each isolated."""
    return texts[key].format(**{name: isolated(value) for name, value in names.items()})


def isolated(text: str) -> str:
    return f"{ISOLATE}{text}{END}"


def channel_name(texts: Texts, channel: str) -> str:
    """Returns the channel's name in the language of `texts`; an unknown one as it is."""
    return texts.get(f"channel_{channel}", channel) if channel in set(Channel) else channel
