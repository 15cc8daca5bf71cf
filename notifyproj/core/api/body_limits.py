"""How large the body of a route may be. All that say nothing take what the settings say, 1 MB."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

V = TypeVar("V", bound=Callable[..., Any])

LINES = 1 << 30  # of lists that are read a line at a time


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """`of_strangers`: nobody has to be known for it. Others need a key, or a login. What is said
    to a larger one: its `code`, and the `field` that is too large."""

    most: int
    of_strangers: bool = False
    code: str = "body_too_large"
    field: str = "body"


def takes_body(limit: BodyLimit) -> Callable[[V], V]:
    """Marks a view, which is a function or a class."""

    def mark(view: V) -> V:
        view.body_limit = limit  # type: ignore[attr-defined]
        return view

    return mark


def limit_of(view: Any) -> BodyLimit | None:
    """What the view was marked with; None for most of them."""
    found = getattr(view, "body_limit", None) or getattr(
        getattr(view, "cls", None), "body_limit", None
    )
    return found if isinstance(found, BodyLimit) else None
