"""What the fields of an account may hold, as its adapter says; for the form and every other way
in. Pure.
"""

from collections.abc import Iterable, Mapping

from channels.base import Field

LONGEST_PROBLEM = 300  # characters


def field_problems(fields: Iterable[Field], given: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the values, by the name of their field. An optional one may be empty."""
    checked = ((f, f.check, given[f.name]) for f in fields if f.check and f.name in given)
    found = {f.name: check(_text(v)) for f, check, v in checked if f.required or _text(v)}
    return {name: problem[:LONGEST_PROBLEM] for name, problem in found.items() if problem}


def _text(value: object) -> str:
    return "" if value is None else str(value)
