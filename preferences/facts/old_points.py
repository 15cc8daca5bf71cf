"""Contact points that are not hashed anew yet, held against what is suppressed today.

A spelling in capitals of its own is found by no hash that somebody could make of the address as it
is given now; but whoever sends has it in clear.
"""

from collections.abc import Mapping

from notifyproj.core.encryption import LOOKUP_VERSION, Undecryptable
from preferences.addresses import addresses
from preferences.facts.facts import Person, Point
from preferences.suppressions import suppressions


def held_against_suppressions(
    points: dict[int, Point], people: Mapping[int, Person]
) -> dict[int, Point]:
    """The same points; one query more while some are in a former form."""
    forms = {
        point.id: (point.channel, form)
        for point in points.values()
        if point.hash_version < LOOKUP_VERSION and not point.suppressed
        if (form := _present_hash(point, people.get(point.recipient_id)))
    }
    if not forms:
        return points
    unwanted = suppressions.among(set(forms.values()))
    found = {id_ for id_, form in forms.items() if form in unwanted}
    return {
        id_: point._replace(suppressed=True) if id_ in found else point
        for id_, point in points.items()
    }


def _present_hash(point: Point, person: Person | None) -> bytes | None:
    if person is None or not person.data_key:
        return None
    try:
        key = addresses.open_data_key(person.data_key, person.external_id)
        text = addresses.unseal(key, person.id, bytes(point.address_hash), point.address)
    except Undecryptable:
        return None
    return addresses.hash_of(point.channel, text)
