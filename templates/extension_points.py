"""What this room asks of rooms above it: it knows neither people nor sending."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from notifyproj.core.extension_point import ExtensionPoint


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Of a recipient, what a text can ask for."""

    external_id: str
    locale: str
    zone: str
    variables: Mapping[str, Any]  # `person`


@dataclass(frozen=True, slots=True)
class Trial:
    """A test message: what to whom. `version` as a request names it."""

    version: str
    type: str
    external_id: str
    channels: tuple[str, ...]
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TestSender:
    """How a template is sent to somebody as a test."""

    types: Callable[[], list[tuple[str, str, str]]]  # (slug, name, template) a test can be of
    reach: Callable[[str], list[tuple[str, str]] | None]  # (channel, masked address) by person
    send: Callable[[Trial], str]  # returns the notification's id; raises InvalidFields


# Takes one part. From an external id; None when nobody is known by it.
person_facts: ExtensionPoint[Callable[[str], PersonFacts | None]] = ExtensionPoint()
# Takes one part.
test_sender: ExtensionPoint[TestSender] = ExtensionPoint()
