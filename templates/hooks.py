"""What the rooms above do for this one, which knows neither people nor sending: they put it here
when the application starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Of a recipient, what a text can ask for."""

    external_id: str
    locale: str
    zone: str
    variables: Mapping[str, Any]  # `person`


def _nobody(external_id: str) -> PersonFacts | None:
    return None


@dataclass(frozen=True, slots=True)
class Trial:
    """A test message: what to whom. `version` as a request names it."""

    version: str
    type: str
    external_id: str
    channels: tuple[str, ...]
    variables: Mapping[str, Any]


def _no_types() -> list[tuple[str, str, str]]:
    return []


def _nowhere(external_id: str) -> list[tuple[str, str]] | None:
    return None


def _not_sent(trial: Trial) -> str:
    raise NotImplementedError


@dataclass(slots=True)
class Above:
    person: Callable[[str], PersonFacts | None] = _nobody
    # (slug, name, template) of the types a test can be of.
    types: Callable[[], list[tuple[str, str, str]]] = _no_types
    # (channel, masked address) of somebody; None: nobody is known by that id.
    reach: Callable[[str], list[tuple[str, str]] | None] = _nowhere
    # Answers the notification's id. Raises InvalidFields.
    send: Callable[[Trial], str] = _not_sent


above = Above()
