"""Segments within segments: no circle, and a bound on the whole. Pure."""

from collections.abc import Mapping

from notifications.segments.rules.tree import InSegment, Node, leaves

LEVELS_MOST = 5
WHOLE_MOST = 200  # conditions, those of the segments within counted wherever they are named


class TooMuch(ValueError):
    """The message says of which segment, and what."""


def named_in(node: Node) -> set[str]:
    return {leaf.slug for leaf in leaves(node) if isinstance(leaf, InSegment)}


def check(slug: str, nodes: Mapping[str, Node]) -> None:
    """Of this segment and of all that name it. Raises TooMuch."""
    for name in sorted(nodes):
        if name == slug or slug in _reached(name, nodes):
            _size(name, nodes, ())


def namers(slug: str, nodes: Mapping[str, Node]) -> list[str]:
    return sorted(name for name, node in nodes.items() if slug in named_in(node))


def _reached(slug: str, nodes: Mapping[str, Node]) -> set[str]:
    found: set[str] = set()
    wanted = {slug}
    while wanted:
        found |= wanted
        wanted = {n for each in wanted & nodes.keys() for n in named_in(nodes[each])} - found
    return found


def _size(slug: str, nodes: Mapping[str, Node], above: tuple[str, ...]) -> int:
    if slug in above:
        raise TooMuch(f"A circle: {' → '.join((*above, slug))}.")
    if len(above) >= LEVELS_MOST:
        raise TooMuch(
            f"Segments must be nested at most {LEVELS_MOST} levels deep: {' → '.join(above)}."
        )
    size = 0
    for leaf in leaves(nodes[slug]) if slug in nodes else []:
        size += _size(leaf.slug, nodes, (*above, slug)) if isinstance(leaf, InSegment) else 1
        if size > WHOLE_MOST:
            raise TooMuch(
                f"{slug} must have at most {WHOLE_MOST} conditions, including nested segments."
            )
    return size
