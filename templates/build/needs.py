"""What a published version needs to be written, and what given variables lack. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from templates.build.validate import Validator


@dataclass(frozen=True, slots=True)
class Needs:
    variables: tuple[str, ...]  # names every request must give
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
