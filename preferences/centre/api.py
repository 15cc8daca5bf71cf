"""`POST /api/v1/recipients/{id}/preference-page`: the link to a person's page, for the apps and
messages of others."""

from datetime import datetime

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from msgspec import Struct
from rest_framework.request import Request

from notifyproj.core import clock
from notifyproj.core.api.bodies import answer
from notifyproj.core.api.openapi import KEY_ERRORS
from preferences.centre import tokens
from preferences.centre.links import preferences_url
from preferences.models import Recipient
from preferences.recipients.api.base import NO_RECIPIENT, TAGS, RecipientView, no_recipient


class PreferencePage(Struct):
    """Anyone with the URL can change the recipient's settings: give it to nobody else."""

    url: str
    expires_at: datetime


class PreferencePages(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="preference_page",
        summary="Create a link to the preference page",
        description="The link works without a login. In templates, `{{ preferences_url }}` is such "
        "a link.",
        request=None,
        responses={201: PreferencePage, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def post(self, request: Request, external_id: str) -> HttpResponse:
        rows = Recipient.objects.filter(external_id=external_id, erased_at=None)
        recipient_id = rows.values_list("pk", flat=True).first()
        if recipient_id is None:
            raise no_recipient()
        now = clock.now().replace(microsecond=0)  # as the link has it
        page = PreferencePage(preferences_url(recipient_id, now), now + tokens.LIFE)
        response = answer(page, 201)
        response["Cache-Control"] = "no-store"
        return response
