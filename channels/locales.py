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
SHAPE = "Must be a BCP 47 locale, such as de, de-AT or zh-Hant-TW."
LANGUAGE, EXTENDED = re.compile(r"[a-z]{2,3}"), re.compile(r"[a-z]{3}")
WITH_EXTENDED = frozenset({"ar", "kok", "lv", "ms", "sgn", "sw", "uz", "zh"})  # zh-yue is yue
SCRIPT, REGION = re.compile(r"[a-z]{4}"), re.compile(r"[a-z]{2}|[0-9]{3}")
LONG_REGION = re.compile(r"[a-z]{3}")  # en-USA, as Java's getISO3Country has it
VARIANT = re.compile(r"[a-z0-9]{5,8}|[0-9][a-z0-9]{3}")
EXTENSION = re.compile(r"[a-z0-9](-[a-z0-9]{1,8})+")
POSIX = re.compile(r"(?:\.[^@]*)?(?:@(.*))?$")  # de_AT.UTF-8@euro
MODIFIERS = {"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva"}  # sr_RS@latin
JAVA = re.compile(r"([a-z]{2,3})_([a-z]{2}|[0-9]{3})?_#(?:([a-z]{4})(?![a-z]))?.*")  # zh_TW_#Hant
# RFC 5646, 2.2.8, and what Windows called Chinese; CLDR has the rest.
IRREGULAR = {
    "art-lojban": "jbo",
    "cel-gaulish": "xtg",
    "en-gb-oed": "en-GB-oxendict",
    "i-ami": "ami",
    "i-bnn": "bnn",
    "i-pwn": "pwn",
    "i-tao": "tao",
    "i-tay": "tay",
    "i-tsu": "tsu",
    "sgn-be-fr": "sfb",
    "sgn-be-nl": "vgt",
    "sgn-ch-de": "sgg",
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
    of_script = full._replace(region="")
    yield of_script
    if _likely(Tag(full.language)).script != full.script:
        yield _likely(of_script)  # zh-TW is how many write zh-Hant
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
    name, modifier = _without_posix(text.strip().lower())
    subtags = IRREGULAR.get(name, name).lower().split("-")
    language = _take(subtags, LANGUAGE)
    if not language:
        raise InvalidLocale(SHAPE)
    if language in WITH_EXTENDED:
        language = _take(subtags, EXTENDED) or language
    script = _take(subtags, SCRIPT).title() or MODIFIERS.get(modifier, "")
    region = (_take(subtags, REGION) or _take_long_region(subtags)).upper()
    variants = tuple(iter(lambda: _take(subtags, VARIANT), ""))
    if subtags and not EXTENSION.fullmatch("-".join(subtags)):
        raise InvalidLocale(SHAPE)
    return _without_aliases(Tag(language, script, region, variants))


def _without_posix(text: str) -> tuple[str, str]:
    """As BCP 47 has it but for capitals, and the modifier of POSIX."""
    ending = POSIX.search(text)
    name = text[: ending.start()] if ending else text
    name = JAVA.sub(lambda java: "_".join(filter(None, (java[1], java[3], java[2]))), name)
    return name.replace("_", "-"), (ending[1] or "") if ending else ""


def _take_long_region(subtags: list[str]) -> str:
    known = bool(subtags) and subtags[0].upper() in get_global("territory_aliases")
    return _take(subtags, LONG_REGION) if known else ""


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
