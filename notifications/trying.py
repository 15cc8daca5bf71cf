"""A template tried out: with a real person's data."""

from notifications.personal import person_variables
from preferences.facts import find_recipients, load_people
from templates.above import PersonFacts, above
from templates.fields import PERSON


def connect() -> None:
    """Once, when the application starts."""
    above.person = person_facts


def person_facts(external_id: str) -> PersonFacts | None:
    found = find_recipients([external_id])
    if not found:
        return None
    id_ = found[0][0]
    person = load_people({id_}, (), attributes=True).get(id_)
    if person is None or person.rules.erased:
        return None
    known = person_variables({PERSON}, person)
    return PersonFacts(external_id, person.locale, person.rules.timezone, known)
