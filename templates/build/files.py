"""Templates as files that people read and git compares. Pure.

order-confirmation/template.toml       name, description, kind
order-confirmation/email.default.mjml  the other fields above a line of three dashes
order-confirmation/email.de.text.txt   a field of more lines than one
order-confirmation/sms.default.txt
order-confirmation/schema.json, sample.json
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from channels.base import Channel
from templates import place
from templates.build.schema_rules import DEEPEST_JSON, depth_over
from templates.fields import DATA, FIELDS, PARTIAL

HEAD, SCHEMA, SAMPLE = "template.toml", "schema.json", "sample.json"
DASHES = "---"
HEADER = re.compile(r"([a-z_0-9]+(?:\.\w+)?): ?(.*)")
FILE = re.compile(r"([a-z_]+)\.([A-Za-z0-9_-]+)(?:\.([a-z_]+(?:\.\w+)?))?\.(txt|html|mjml|json)")
LONGEST_JSON = 100_000  # characters of a schema or a sample
LONGEST_HEAD = 100_000  # characters
MOST_SIGNS = 20  # dots and brackets outside of texts
# A text that is not closed goes to the end, of its line or of all: each is looked for once.
STRINGS = re.compile(
    r'''"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*(?:"""|\\?\Z)'''
    r"""|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*(?:"|\\?(?=\n|\Z))|#[^\n]*+"""
    r"""|'''[^']*+(?:'(?!'')[^']*+)*(?:'''|\Z)|'[^'\n]*+'?""",
    re.DOTALL,
)
STRUCTURE = re.compile(r"[^.\[\]{}]+")
MAIN = {
    Channel.PUSH: ("body",),
    Channel.WEB_PUSH: ("body",),
    Channel.EMAIL: ("mjml", "html", "text"),
    Channel.SMS: ("body",),
    Channel.INBOX: ("body",),
    Channel.WEBHOOK: ("json",),
    Channel.SLACK: ("text",),
    PARTIAL: ("text",),
}
ENDS = {"mjml": "mjml", "html": "html", "json": "json", "blocks": "json"}


class NotReadable(ValueError):
    """A file that says nothing; the message begins with its name."""


@dataclass(slots=True)
class Folder:
    """One template, as files have it."""

    slug: str
    name: str = ""
    description: str = ""
    kind: str = "message"
    parts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    schema: dict[str, Any] | None = None
    sample: dict[str, Any] | None = None


def tidy(parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Without empty fields and with LF line ends: as it comes back from files."""
    return {
        channel: {locale: _tidy(part) for locale, part in locales.items()}
        for channel, locales in parts.items()
    }


def to_files(folder: Folder) -> dict[str, str]:
    """By their paths, in their order."""
    files = {HEAD: _head(folder)}
    for channel, locales in tidy(folder.parts).items():
        for locale, part in locales.items():
            files |= {f"{channel}.{locale}.{end}": text for end, text in _written(channel, part)}
    if folder.schema is not None:
        files[SCHEMA] = _json(folder.schema)
    if folder.sample is not None:
        files[SAMPLE] = _json(folder.sample)
    return {f"{folder.slug}/{name}": text for name, text in files.items()}


def from_files(files: Mapping[str, str]) -> list[Folder]:
    """Every template, by slug. What is no file of ours is refused: a slip would go unnoticed.
    Raises NotReadable."""
    folders: dict[str, Folder] = {}
    for path in sorted(files):
        slug, slash, name = path.partition("/")
        if not slash:
            continue  # a README beside the folders
        folder = folders.setdefault(slug, Folder(slug))
        place.enter(path)
        try:
            if "\0" in files[path]:  # Postgres stores none
                raise ValueError("holds the character U+0000")
            _read(folder, name, _lf(files[path]))
        except ValueError as error:
            raise NotReadable(f"{path}: {error}") from None
    return list(folders.values())


def _head(folder: Folder) -> str:
    said = {"name": folder.name, "description": folder.description, "kind": folder.kind}
    lines = [f"{key} = {_quoted(text)}" for key, text in said.items() if text]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _written(channel: str, part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(the end of a file's name, its content)."""
    fields = dict(_flat(part))
    main = next((name for name in MAIN[channel] if name in fields), MAIN[channel][-1])
    body = fields.pop(main, "")
    own = {name: text for name, text in fields.items() if name in ENDS or name == "text"}
    header = "".join(f"{n}: {_line(text)}\n" for n, text in fields.items() if n not in own)
    if header or _split(body)[0] is not None:
        header += f"{DASHES}\n"
    end = "html" if channel == PARTIAL and "<" in body else ENDS.get(main, "txt")
    yield end, f"{header}{body}\n"
    for name, text in own.items():
        yield f"{name}.{ENDS.get(name, 'txt')}", f"{text}\n"


def _read(folder: Folder, name: str, text: str) -> None:
    if name == HEAD:
        _read_head(folder, text)
    elif name in (SCHEMA, SAMPLE):
        setattr(folder, name.removesuffix(".json"), _object(text))
    elif found := FILE.fullmatch(name):
        channel, locale, own, end = found.groups()
        if channel not in FIELDS:
            raise ValueError(f"unknown channel `{channel}`")
        part = folder.parts.setdefault(channel, {}).setdefault(locale, {})
        if own:
            _put(part, own, text.removesuffix("\n"))
        else:
            _read_part(part, channel, end, text)
    else:
        raise ValueError("not a template file")


def _read_head(folder: Folder, text: str) -> None:
    """Its texts aside, a head has a few signs only: others would be read for minutes."""
    if len(text) > LONGEST_HEAD or len(STRUCTURE.sub("", STRINGS.sub("", text))) > MOST_SIGNS:
        raise ValueError("is too large or nested too deeply")
    said = tomllib.loads(text)
    for key, value in said.items():
        if key not in ("name", "description", "kind") or not isinstance(value, str):
            raise ValueError(f"unknown key `{key}`")
        setattr(folder, key, value)


def _read_part(part: dict[str, Any], channel: str, end: str, text: str) -> None:
    header, body = _split(text)
    for name, value in header or ():
        _put(part, name, _unquoted(value) if value.startswith('"') else value)
    known = {ENDS.get(name, "txt"): name for name in reversed(MAIN[channel])}
    main = MAIN[channel][-1] if channel == PARTIAL else known.get(end)
    if main is None:
        raise ValueError(f"not a file of the channel {channel}")
    _put(part, main, body.removesuffix("\n"))


def _unquoted(value: str) -> str:
    try:
        return msgspec.json.decode(value, type=str)
    except msgspec.DecodeError:
        raise ValueError(f"unterminated string: {value[:40]}") from None


def _split(text: str) -> tuple[list[tuple[str, str]] | None, str]:
    """The fields above the dashes; None where there are no dashes to be above of."""
    header: list[tuple[str, str]] = []
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line == DASHES:
            return header, "\n".join(lines[at + 1 :])
        found = HEADER.fullmatch(line)
        if not found:
            break
        header.append((found[1], found[2]))
    return None, text


def _put(part: dict[str, Any], name: str, text: Any) -> None:
    if not isinstance(text, str):
        raise ValueError(f"`{name}` must be a string")
    if not text:
        return
    if name.startswith(f"{DATA}."):
        part.setdefault(DATA, {})[name.partition(".")[2]] = text
    else:
        part[name] = text


def _line(text: str) -> str:
    """As it is, or quoted where a line could not hold it."""
    plain = text == text.strip() and text.isprintable() and not text.startswith('"')
    return text if plain else json.dumps(text)


def _flat(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, text in part.items():
        if name == DATA:
            yield from ((f"{DATA}.{inner}", source) for inner, source in text.items())
        else:
            yield name, text


def _tidy(part: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: {n: _lf(t) for n, t in text.items() if _lf(t)} if name == DATA else _lf(text)
        for name, text in part.items()
    }
    return {name: text for name, text in kept.items() if text}


def _lf(text: Any) -> Any:
    """Without what editors on Windows add: CRLF, and a mark at the beginning."""
    return text.lstrip("\ufeff").replace("\r\n", "\n") if isinstance(text, str) else text


def _object(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_JSON:
        raise ValueError(f"must not exceed {LONGEST_JSON:,} characters")
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"invalid JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("must be a JSON object")
    if depth_over(found, DEEPEST_JSON):
        raise ValueError("is nested too deeply")
    if "\\u0000" in text and b"\\u0000" in msgspec.json.encode(found).replace(b"\\\\", b""):
        raise ValueError("holds the character U+0000")
    return found


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
