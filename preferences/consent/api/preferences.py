"""What people want, and the proof of it, over HTTP."""

from typing import Annotated

from django.db import IntegrityError
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from msgspec import UNSET, Meta, Struct, UnsetType
from rest_framework.request import Request

from notifyproj.core import clock
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.openapi import CURSOR, KEY_ERRORS, LIMIT, error
from notifyproj.core.api.query_params import decode_cursor, page_of, read_limit
from preferences.consent import history as consent_history
from preferences.consent.read import Preferences, preferences_get
from preferences.consent.schemas import PreferenceChanges, ProofBody, load_names, understand
from preferences.consent.write import preferences_set
from preferences.recipients.api.base import NO_RECIPIENT, RecipientView, caller_of, no_recipient

TAGS = ["preferences"]
WRONG = error("Notification type not found.", "invalid", **{"types.weekly_ofers": "…"})
EXAMPLE = OpenApiExample(
    "No SMS, offers by e-mail only",
    value={
        "channels": {"sms": False},
        "categories": {"offers": {"": False, "email": True}},
        "quiet_hours": {"start": "22:00", "end": "07:00"},
        "proof": {"source": "signup form", "wording": "2026-11"},
    },
    request_only=True,
)


class Unsubscription(Struct, forbid_unknown_fields=True, kw_only=True):
    """From a type, a category or, without either, everything; `channel` "": all channels."""

    type: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    category: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    channel: Annotated[str, Meta(max_length=16)] = ""
    proof: ProofBody | UnsetType = UNSET


class OnePersonsPreferences(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="preferences_get",
        summary="Get preferences",
        responses={200: Preferences, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def get(self, request: Request, external_id: str) -> HttpResponse:
        return _shown(external_id)

    @extend_schema(
        tags=TAGS,
        operation_id="preferences_put",
        summary="Replace preferences",
        description="Preferences that are left out are removed; the time zone is kept.",
        request=PreferenceChanges,
        examples=[EXAMPLE],
        responses={200: Preferences, 400: WRONG, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def put(self, request: Request, external_id: str) -> HttpResponse:
        return _set(request, external_id, read_body(request, PreferenceChanges), replace=True)

    @extend_schema(
        tags=TAGS,
        operation_id="preferences_patch",
        summary="Update preferences",
        description="Preferences that are left out stay unchanged; `null` removes one. Every "
        "actual change is recorded in the consent history.",
        request=PreferenceChanges,
        examples=[EXAMPLE],
        responses={200: Preferences, 400: WRONG, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def patch(self, request: Request, external_id: str) -> HttpResponse:
        return _set(request, external_id, read_body(request, PreferenceChanges))


class Unsubscribe(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="recipients_unsubscribe",
        summary="Unsubscribe a recipient",
        description="From a notification type, a category or everything, on one channel or all "
        "channels.",
        request=Unsubscription,
        examples=[
            OpenApiExample("From offers", value={"category": "offers"}, request_only=True),
        ],
        responses={200: Preferences, 400: WRONG, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def post(self, request: Request, external_id: str) -> HttpResponse:
        return _set(request, external_id, _changes(read_body(request, Unsubscription)))


class ConsentHistory(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="consent_list",
        summary="List the consent history",
        description="Newest first. Entries are never changed.",
        parameters=[
            LIMIT,
            CURSOR,
        ],
        responses={200: consent_history.ConsentPage, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def get(self, request: Request, external_id: str) -> HttpResponse:
        limit = read_limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        before = decode_cursor(cursor, int) if cursor else None
        rows = consent_history.events_before(external_id, before, limit + 1)
        if rows is None:
            raise no_recipient()
        page, following = page_of(rows, limit, lambda row: row.pk)
        return answer(consent_history.ConsentPage(consent_history.views(page), following))


def _changes(body: Unsubscription) -> PreferenceChanges:
    if body.type is not UNSET and body.category is not UNSET:
        raise InvalidFields({"category": "Only one of `type` and `category` is allowed."})
    by_channel: dict[str, bool | None] = {body.channel: False}
    if isinstance(body.type, str):
        return PreferenceChanges(types={body.type: by_channel}, proof=body.proof)
    if isinstance(body.category, str):
        return PreferenceChanges(categories={body.category: by_channel}, proof=body.proof)
    if body.channel:
        return PreferenceChanges(channels=by_channel, proof=body.proof)
    return PreferenceChanges(unsubscribed=True, proof=body.proof)


def _set(
    request: Request, external_id: str, body: PreferenceChanges, *, replace: bool = False
) -> HttpResponse:
    said = understand(body, load_names(), "api", caller_of(request).service, clock.now())
    try:
        preferences_set(external_id=external_id, said=said, replace=replace)
    except IntegrityError:
        message = "One of the notification types or categories was just removed; try again."
        raise InvalidFields({"body": message}, "conflict", 409) from None
    return _shown(external_id)


def _shown(external_id: str) -> HttpResponse:
    found = preferences_get(external_id, clock.now())
    if found is None:
        raise no_recipient()
    return answer(found)
