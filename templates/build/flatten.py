"""Partials and layouts: `{% include "footer" %}`, `{% extends "page" %}`, `{% block content %}`.

They are put into the text when it is published, so the engine never follows a name: what a version
says is decided once, nothing can include itself, and a delivery is written from one plain text.
Pure: who calls has loaded the partials.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from channels import locales
from templates.engine.tokens import COMMENT, TAG, TEXT, NotAllowed, Segment, segments
from templates.fields import DEFAULT_LOCALE

INCLUDE, EXTENDS, BLOCK, ENDBLOCK = "include", "extends", "block", "endblock"
TAGS = frozenset({INCLUDE, EXTENDS, BLOCK, ENDBLOCK})
MOST_SOURCE = 100_000  # characters, as of one that is written whole
DEEPEST = 10  # blocks inside blocks


class Partial(NamedTuple):
    """A published version of one. `texts` hold no include any more; blocks they may."""

    slug: str
    number: int
    texts: Mapping[str, str]  # by locale
    pins: Mapping[str, int] = {}  # the partials in it

    def text(self, locale: str) -> str:
        """`de-AT` → `de` → `default`; it has a default."""
        return self.texts.get(locales.choose(tuple(self.texts), locale) or DEFAULT_LOCALE, "")


Partials = Mapping[str, Partial]  # by the name a text uses


@dataclass(slots=True)
class Block:
    name: str
    nodes: list["str | Block"] = field(default_factory=list)


@dataclass(slots=True)
class _Parsed:
    layout: str = ""
    layout_line: int = 1
    nodes: list[str | Block] = field(default_factory=list)
    blocks: dict[str, Block] = field(default_factory=dict)  # also those inside others


def names(source: str) -> set[str]:
    """The partials and layouts it asks for; of a source that cannot be read, none."""
    if len(source) > MOST_SOURCE:
        return set()
    try:
        tags = [s for s in segments(source) if s.word in (INCLUDE, EXTENDS)]
        return {_name(tag) for tag in tags}
    except NotAllowed:
        return set()


def flatten(source: str, locale: str, partials: Partials, *, open_blocks: bool = False) -> str:
    """The text with everything in its place. `open_blocks`: it is itself a layout, whose blocks
    others fill. Raises NotAllowed, with the line."""
    if "{%" not in source:
        return source
    parsed = _parse(source, locale, partials)
    text = _extended(parsed, locale, partials, open_blocks) if parsed.layout else None
    if text is None:
        text = _written(parsed.nodes, {}, open_blocks)
    if len(text) > MOST_SOURCE:
        raise NotAllowed(f"With its partials longer than {MOST_SOURCE:,} characters", 1)
    return text


def plain(source: str) -> str:
    """The source without these tags, its lines where they were: what can be read for itself.
    Raises NotAllowed."""
    kept = []
    for segment in segments(source):
        ours = segment.word in TAGS
        kept.append("\n" * segment.text.count("\n") if ours else segment.text)
    return "".join(kept)


def _extended(parsed: _Parsed, locale: str, partials: Partials, open_blocks: bool) -> str:
    layout = _parse(_find(partials, parsed.layout, parsed.layout_line).text(locale), locale, {})
    own = {node.name: node for node in parsed.nodes if isinstance(node, Block)}
    for name in own:
        if name not in layout.blocks:
            message = f"The layout `{parsed.layout}` has no block `{name}`"
            raise NotAllowed(message, parsed.layout_line)
    return _written(layout.nodes, own, open_blocks)


def _written(
    nodes: Sequence[str | Block], own: Mapping[str, Block], open_blocks: bool, depth: int = 0
) -> str:
    """What fills a block is written as it is: a block of the same name in it is its own."""
    if depth > DEEPEST:
        raise NotAllowed(f"More than {DEEPEST} blocks inside one another", 1)
    pieces = []
    for node in nodes:
        if isinstance(node, str):
            pieces.append(node)
            continue
        filled = own.get(node.name)
        text = _written((filled or node).nodes, {} if filled else own, open_blocks, depth + 1)
        pieces.append(f"{{% block {node.name} %}}{text}{{% endblock %}}" if open_blocks else text)
    return "".join(pieces)


def _parse(source: str, locale: str, partials: Partials) -> _Parsed:
    found = _Parsed()
    stack: list[Block] = []
    begun = False
    for segment in _trimmed(segments(source)):
        nodes = stack[-1].nodes if stack else found.nodes
        if segment.word == EXTENDS:
            if begun:
                raise NotAllowed("`extends` has to come first", segment.line)
            found.layout, found.layout_line = _name(segment), segment.line
        elif segment.word == INCLUDE:
            nodes.append(_included(segment, locale, partials))
        elif segment.word == BLOCK:
            stack.append(_opened(segment, found))
            nodes.append(stack[-1])
        elif segment.word == ENDBLOCK:
            if not stack:
                raise NotAllowed("There is no block to end here", segment.line)
            stack.pop()
        else:
            nodes.append(segment.text)
        begun = begun or not _says_nothing(segment)
    if stack:
        raise NotAllowed(f"The block `{stack[-1].name}` does not end", 1)
    return found


def _opened(segment: Segment, found: _Parsed) -> Block:
    kinds = [kind for kind, _ in segment.tokens]
    if kinds != ["name", "name"]:
        raise NotAllowed("Write {% block name %}", segment.line)
    block = Block(segment.tokens[1][1])
    if block.name in found.blocks:
        raise NotAllowed(f"There are two blocks `{block.name}`", segment.line)
    found.blocks[block.name] = block
    return block


def _included(segment: Segment, locale: str, partials: Partials) -> str:
    text = _find(partials, _name(segment), segment.line).text(locale)
    return _written(_parse(text, locale, {}).nodes, {}, open_blocks=False)


def _find(partials: Partials, name: str, line: int) -> Partial:
    found = partials.get(name)
    if found is None:
        raise NotAllowed(f"No published partial is called `{name}`", line)
    return found


def _name(segment: Segment) -> str:
    kinds = [kind for kind, _ in segment.tokens]
    if kinds != ["name", "string"]:
        raise NotAllowed(f'Write {{% {segment.word} "name" %}}', segment.line)
    return segment.tokens[1][1][1:-1]


def _says_nothing(segment: Segment) -> bool:
    return segment.kind == COMMENT or (segment.kind == TEXT and not segment.text.strip())


def _trimmed(found: Iterator[Segment]) -> Iterator[Segment]:
    """`{%- include "x" -%}` takes the space around it along, as the engine does for its own."""
    waiting: Segment | None = None
    strip = False
    for segment in found:
        ours = segment.kind == TAG and segment.word in TAGS
        if strip and segment.kind == TEXT:
            segment = segment._replace(text=segment.text.lstrip())
        if waiting is not None:
            before = ours and segment.text.startswith("{%-") and waiting.kind == TEXT
            yield waiting._replace(text=waiting.text.rstrip()) if before else waiting
        waiting, strip = segment, ours and segment.text.endswith("-%}")
    if waiting is not None:
        yield waiting
