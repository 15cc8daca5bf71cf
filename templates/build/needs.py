"""What a published version needs to be written, and what somebody's data lack. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from templates.build.validate import Validator, shown
from templates.engine.problem import Problem

OURS = frozenset({"id", "locale", "timezone"})  # everybody has them


@dataclass(frozen=True, slots=True)
class Needs:
    variables: tuple[str, ...]  # names every request must give
    person: tuple[str, ...]  # attributes nobody can do without
    validator: Validator | None = None

    def wrong_variables(
        self, variables: Mapping[str, Any], given_later: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """{`items[0].price`: what is wrong}."""
        wrong = {
            name: "Is needed."
            for name in self.variables
            if variables.get(name) is None and name not in given_later
        }
        if self.validator is None:
            return wrong
        return {**self.validator.errors(variables, given_later=given_later), **wrong}


def problems_with(
    needs: Needs, variables: Mapping[str, Any], person: Mapping[str, Any]
) -> list[Problem]:
    """Each at `variables.items[0].price` or `person.first_name`; none: every text can be written
    as far as its data go."""
    wrong = needs.wrong_variables(variables)
    missing = [name for name in needs.person if person.get(name) is None]
    return [
        *(Problem("", "", f"variables.{place}", words) for place, words in wrong.items()),
        *(Problem("", "", shown(("person", name)), "Is needed.") for name in missing),
    ]
