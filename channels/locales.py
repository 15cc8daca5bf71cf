"""Which language somebody reads: tags by BCP 47 (RFC 5646), with what CLDR knows of them. Pure.

`zh-TW` is read in `zh-Hant`, `iw-IL` is `he-IL`, and `pt` is `pt-BR`: aliases, likely subtags and
parents are CLDR's, which Babel brings along.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from babel.core import get_global

MAX_TAG = 35  # characters, RFC 5646, 4.4.1
REMEMBERED = 4_096
SHAPE = "A locale looks like de, de-AT or zh-Hant-TW (BCP 47)."
LANGUAGE, EXTENDED = re.compile(r"[a-z]{2,3}"), re.compile(r"[a-z]{3}")
SCRIPT, REGION = re.compile(r"[a-z]{4}"), re.compile(r"[a-z]{2}|[0-9]{3}")
VARIANT = re.compile(r"[a-z0-9]{5,8}|[0-9][a-z0-9]{3}")
EXTENSION = re.compile(r"[a-z0-9](-[a-z0-9]{1,8})+")
POSIX = re.compile(r"[.@].*")  # de_AT.UTF-8@euro
# RFC 5646, 2.2.8, and what Windows called Chinese; CLDR has the rest.
IRREGULAR = {
    "art-lojban": "jbo",
    "i-hak": "hak",
    "i-klingon": "tlh",
    "i-lux": "lb",
    "i-navajo": "nv",
    "no-bok": "nb",
    "no-nyn": "nn",
    "zh-cht": "zh-Hant",
    "zh-chs": "zh-Hans",
    "zh-guoyu": "zh",
    "zh-hakka": "hak",
    "zh-min-nan": "nan",
    "zh-xiang": "hsn",
}
MACRO = {"no": "nb"}  # what "Norwegian" is written in; CLDR keeps both


class InvalidLocale(ValueError):
    """The message says what one looks like."""


class Tag(NamedTuple):
    language: str
    script: str = ""
    region: str = ""
    variants: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join(filter(None, (self.language, self.script, self.region, *self.variants)))


@lru_cache(maxsize=REMEMBERED)
def canonical(text: str) -> str:
    """In its one form, without extensions: `iw_il` is `he-IL`. Raises InvalidLocale."""
    tag = str(_read(text))
    if len(tag) > MAX_TAG:
        raise InvalidLocale(SHAPE)
    return tag


@lru_cache(maxsize=REMEMBERED)
def choose(known: tuple[str, ...], wanted: str) -> str | None:
    """Of the tags that somebody wrote, the one to read for `wanted`; None when none is near.

    The same place first, then the parents of CLDR, then the language in that script, then the
    language alone. A text for another place is nobody else's.
    """
    try:
        tag = _read(wanted)
    except InvalidLocale:
        return None
    written = {name: found for name in known if (found := _or_none(name))}
    for nearer in _nearest_first(tag):
        for name, own in written.items():
            if own == nearer:
                return name
        for name, own in written.items():
            if nearer.region and not nearer.variants and _likely(own) == nearer:
                return name
    return None


def prefixes(text: str) -> frozenset[str]:
    """What the tags of people who read it begin with, in lower case, also as they were kept before
    they had one form: `he` is `iw`, and `zh-Hant` is `zh-TW`."""
    tag = _or_none(text)
    if tag is None:
        return frozenset({text.lower()})
    plain = tag._replace(variants=())
    found = {text.lower().replace("_", "-"), str(tag).lower()}
    for language in (*_former_names(tag.language), tag.language):
        found.add(str(tag._replace(language=language)).lower())
    if plain == Tag(tag.language, tag.script) and tag.script:
        found |= {name.lower() for name in _regions_in(tag)}
    return frozenset(found)


@lru_cache(maxsize=REMEMBERED)
def _former_names(language: str) -> tuple[str, ...]:
    aliases = {**get_global("language_aliases"), **MACRO}
    return tuple(old for old, now in aliases.items() if now == language and LANGUAGE.fullmatch(old))


@lru_cache(maxsize=REMEMBERED)
def _regions_in(tag: Tag) -> tuple[str, ...]:
    """The places whose people read the language in this script without saying so."""
    found = []
    for name, likely in get_global("likely_subtags").items():
        own = name.split("_")
        if own[0] == tag.language and len(own) == 2 and REGION.fullmatch(own[1].lower()):
            found += ["-".join(own)] if likely.split("_")[1] == tag.script else []
    return tuple(found)


def _nearest_first(tag: Tag) -> Iterator[Tag]:
    for count in range(len(tag.variants), -1, -1):
        yield tag._replace(variants=tag.variants[:count])
    plain = tag._replace(variants=())
    full = _likely(plain)
    yield full
    seen = plain
    while parent := _parent(seen):
        yield parent
        yield _likely(parent) if parent.region else parent
        seen = parent
    yield full._replace(region="")
    if _likely(Tag(full.language)).script == full.script:
        yield full._replace(script="")
    yield Tag(full.language)


def _parent(tag: Tag) -> Tag | None:
    """`es-MX` is read in `es-419`, `pt-AO` in `pt-PT`, `zh-MO` in `zh-HK`, `nn` in `nb`."""
    parents = get_global("parent_exceptions")
    for form in (tag, _likely(tag), tag._replace(region="")):
        if found := parents.get(str(form).replace("-", "_")):
            parent = _read(found)
            return parent if parent != tag else None
    return None


def _likely(tag: Tag) -> Tag:
    """With the script and the region that go without saying."""
    likely = get_global("likely_subtags")
    for form in (
        tag._replace(variants=()),
        Tag(tag.language, region=tag.region),
        Tag(tag.language, script=tag.script),
        Tag(tag.language),
    ):
        if found := likely.get(str(form).replace("-", "_")):
            language, script, region = found.split("_")
            return Tag(language, tag.script or script, tag.region or region)
    return tag._replace(variants=())


def _or_none(text: str) -> Tag | None:
    try:
        return _read(text)
    except InvalidLocale:
        return None


@lru_cache(maxsize=REMEMBERED)
def _read(text: str) -> Tag:
    """Raises InvalidLocale."""
    if len(text) > 4 * MAX_TAG:
        raise InvalidLocale(SHAPE)
    name = POSIX.sub("", text.strip()).replace("_", "-").lower()
    subtags = IRREGULAR.get(name, name).lower().split("-")
    language = _take(subtags, LANGUAGE)
    if not language:
        raise InvalidLocale(SHAPE)
    if language == "zh" or len(language) == 2:
        language = _take(subtags, EXTENDED) or language  # zh-yue is yue
    script = _take(subtags, SCRIPT).title()
    region = _take(subtags, REGION).upper()
    variants = tuple(iter(lambda: _take(subtags, VARIANT), ""))
    if subtags and not EXTENSION.fullmatch("-".join(subtags)):
        raise InvalidLocale(SHAPE)
    return _without_aliases(Tag(language, script, region, variants))


def _take(subtags: list[str], pattern: re.Pattern[str]) -> str:
    return subtags.pop(0) if subtags and pattern.fullmatch(subtags[0]) else ""


def _without_aliases(tag: Tag) -> Tag:
    alias = get_global("language_aliases").get(tag.language)
    if alias:
        language, *rest = alias.split("_")
        script = next((part for part in rest if len(part) == 4), "")
        region = next((part for part in rest if len(part) < 4), "")
        tag = tag._replace(
            language=language, script=tag.script or script, region=tag.region or region
        )
    regions = get_global("territory_aliases").get(tag.region, ())
    region = regions[0] if len(regions) == 1 else tag.region
    return tag._replace(language=MACRO.get(tag.language, tag.language), region=region)
