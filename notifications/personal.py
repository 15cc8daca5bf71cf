"""What a text may say of the person it goes to: `{{ person.first_name }}`."""

from collections.abc import Collection
from typing import Any

from preferences.facts.facts import Person
from templates.fields import PERSON


def person_variables(names: Collection[str], person: Person) -> dict[str, Any]:
    """Where a text asks for it; an attribute that is null is one they do not have."""
    if PERSON not in names:
        return {}
    known = {name: value for name, value in person.attributes.items() if value is not None}
    ours = {
        "id": person.external_id,
        "locale": person.locale,
        "timezone": person.rules.timezone,
    }
    return {PERSON: {**known, **ours}}
