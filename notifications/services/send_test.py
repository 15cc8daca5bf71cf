"""A template tried out: with a real person's data, and as a message to them."""

from channels.base import Channel
from notifications.accept.accept import accept
from notifications.accept.requests import SendRequest
from notifications.personal import person_variables
from notifyproj.core import clock
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.models import Service
from preferences.facts.facts import Person, find_recipients, load_people
from preferences.models import ContactPoint, NotificationType
from templates.extension_points import PersonFacts, Trial
from templates.fields import PERSON

SHOWN = 20


def person_facts(external_id: str) -> PersonFacts | None:
    """Returns language, time zone and variables of a person, for a preview; None: unknown."""
    person = _person(external_id)
    if person is None:
        return None
    known = person_variables({PERSON}, person)
    return PersonFacts(external_id, person.locale, person.rules.timezone, known)


def types() -> list[tuple[str, str, str]]:
    """Returns (slug, name, template) of the enabled types, by name."""
    rows = NotificationType.objects.filter(enabled=True).order_by("name")
    return list(rows.values_list("slug", "name", "template"))


def reach(external_id: str) -> list[tuple[str, str]] | None:
    """Returns (channel, masked address) of where a person can be reached; None: unknown."""
    person = _person(external_id)
    if person is None:
        return None
    points = ContactPoint.objects.filter(recipient=person.id, active=True).order_by("channel")
    return [(Channel.INBOX, external_id), *points.values_list("channel", "hint")[:SHOWN]]


def send(trial: Trial) -> str:
    """As any message goes: what the person chose holds for a test, too. Raises InvalidFields."""
    service, _ = Service.objects.get_or_create(
        slug=Service.TESTS, defaults={"name": "Tests from the admin", "enabled": False}
    )
    request = convert(
        {
            "type": trial.type,
            "user_id": trial.external_id,
            "template_id": trial.version,
            "channels": list(trial.channels),
            "variables": dict(trial.variables),
        },
        SendRequest,
    )
    answer = accept(service.pk, [request], clock.now())[0]
    if answer.error is not None:
        raise answer.error
    if answer.body is None:
        raise InvalidFields({"person": "It was not accepted."})
    return answer.body.id


def _person(external_id: str) -> Person | None:
    found = find_recipients([external_id])
    if not found:
        return None
    person = load_people({found[0][0]}, (), attributes=True).get(found[0][0])
    return None if person is None or person.rules.erased else person
