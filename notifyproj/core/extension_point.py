"""A question of a room that only rooms above it can answer, which it may not import.

The room that asks declares an `ExtensionPoint`, in its module `extension_points` where it has
several. A room above registers its part in its `AppConfig.ready`. docs/design.md lists them all.
"""

from collections.abc import ItemsView, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class ExtensionPoint(Generic[T]):
    """The parts that rooms above have registered, in that order, each under a name of its own."""

    def __init__(self) -> None:
        self._parts: dict[str, T] = {}

    def register(self, name: str, part: T) -> None:
        """A name that is registered again, as by a second `ready`, keeps its place."""
        self._parts[name] = part

    def items(self) -> ItemsView[str, T]:
        return self._parts.items()

    def __iter__(self) -> Iterator[T]:
        return iter(self._parts.values())

    def only(self) -> T:
        """Of a point that takes one part. Raises LookupError when there is none, or another."""
        if len(self._parts) != 1:
            raise LookupError(f"one part is needed, {len(self._parts)} are registered")
        return next(iter(self))
