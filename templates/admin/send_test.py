"""A test message to somebody one names: whom it would reach is shown first, then it is sent."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from msgspec import Struct

from notifyproj.core.api.bodies import answer, decode
from notifyproj.core.api.errors import InvalidFields
from templates.admin import editor
from templates.admin.field_labels import CHANNELS
from templates.extension_points import Trial, test_sender
from templates.models import MessageTemplate
from templates.versions.published import forget_names
from templates.versions.services import CannotPublish
from templates.versions.trials import trial_version

LAST = "template_test_person"  # in the session
REFUSED = 400


class Test(editor.Written, kw_only=True):
    """`confirmed` false: only tell whom it would reach. `variables` are the sample's."""

    person: str
    type: str
    channels: list[str]
    variables: dict[str, Any] = {}
    confirmed: bool = False


class Reached(Struct):
    channel: str
    label: str
    to: str


def test_choices(request: HttpRequest, template: MessageTemplate) -> dict[str, Any]:
    """Types that send this template come first."""
    types = test_sender.only().types()
    own = [kind for kind in types if kind[2].split("-v")[0] == template.slug]
    return {
        "types": [*own, *(kind for kind in types if kind not in own)],
        "person": request.session.get(LAST, ""),
    }


def send_test(
    request: HttpRequest,
    template: MessageTemplate,
    log: Callable[[HttpRequest, MessageTemplate, str], None],
) -> HttpResponse:
    try:
        asked: Test = decode(request.body, Test)
        if not asked.confirmed:
            return answer({"reaches": _reached(asked)})
        sent = _send(request, template, asked)
    except CannotPublish as error:
        return answer({"error": f"This draft cannot be sent yet. {error}"}, REFUSED)
    except InvalidFields as error:
        return answer({"error": str(error)}, REFUSED)
    request.session[LAST] = asked.person
    log(request, template, f"Sent a test to {asked.person}: notification {sent}.")
    return answer({"sent": sent, "page": _page(sent)})


def _reached(asked: Test) -> list[Reached]:
    found = test_sender.only().reach(asked.person)
    if found is None:
        raise InvalidFields({"person": "No recipient has this ID."})
    return [
        Reached(channel, CHANNELS.get(channel, channel), to)
        for channel, to in found
        if channel in asked.channels
    ]


def _send(request: HttpRequest, template: MessageTemplate, asked: Test) -> str:
    version = trial_version(
        template=template, content=asked.content(), by=request.user.get_username()
    )
    forget_names()
    trial = Trial(
        version=str(version),
        type=asked.type,
        external_id=asked.person,
        channels=tuple(asked.channels),
        variables=asked.variables,
    )
    return test_sender.only().send(trial)


def _page(notification_id: str) -> str:
    try:
        return reverse("admin:notifications_notification_change", args=[notification_id])
    except NoReverseMatch:
        return ""
