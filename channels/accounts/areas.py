"""Where messages go, as accounts are told: countries of numbers, domains of mailboxes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from channels.base import Channel

COUNTRY = re.compile(r"[A-Z]{2}")
DOMAIN = re.compile(r"[^\s@.]+(\.[^\s@.]+)+")
MOST = 1_000_000.0


def area_key(text: str) -> str:
    """The form in which areas are compared: AT, example.com."""
    text = text.strip()
    return text.lower() if "." in text else text.upper()


def checked_areas(channel: str, areas: Iterable[str]) -> list[str]:
    """In their one form, each once. Raises ValueError, which says what is wrong."""
    return list(dict.fromkeys(_checked(channel, area_key(area)) for area in areas if area.strip()))


def checked_costs(channel: str, costs: Any) -> dict[str, float]:
    """Raises ValueError, which says what is wrong."""
    if not isinstance(costs, Mapping):
        raise ValueError('Write costs as {"": 0.0075, "AT": 0.09}: "" is everywhere else.')
    keys = {area: area_key(area) for area in costs}
    if len(set(keys.values())) < len(keys):
        raise ValueError("An area is named twice.")
    return {key and _checked(channel, key): _cost(key, costs[area]) for area, key in keys.items()}


def _checked(channel: str, area: str) -> str:
    if channel == Channel.SMS:
        if not COUNTRY.fullmatch(area):
            raise ValueError(f"{area} is no country: two letters, as in AT (ISO 3166).")
    elif channel == Channel.EMAIL:
        if not DOMAIN.fullmatch(area) or len(area) > 64:
            raise ValueError(f"{area} is no domain of a mailbox, as in example.com.")
    else:
        raise ValueError("Only numbers have a country, and only mailboxes a domain.")
    return area


def _cost(area: str, cost: object) -> float:
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost <= MOST:
        raise ValueError(f"The cost of {area or 'everywhere else'} must be a number from 0.")
    return float(cost)
