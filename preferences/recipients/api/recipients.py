"""Recipients over HTTP."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request

from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.openapi import CURSOR, KEY_ERRORS, LIMIT
from notifyproj.core.api.query_params import decode_cursor, page_of, read_limit
from preferences.recipients import selectors, services
from preferences.recipients.api.base import NO_RECIPIENT, TAGS, WRONG, RecipientView, no_recipient
from preferences.recipients.schemas import Profile


class Recipients(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="recipients_list",
        summary="List recipients",
        parameters=[
            LIMIT,
            CURSOR,
        ],
        responses={200: selectors.RecipientPage, 400: WRONG, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        limit = read_limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        after = decode_cursor(cursor, int) if cursor else 0
        rows = selectors.recipients_after(after, limit + 1)
        page, following = page_of(rows, limit, lambda row: row.pk)
        return answer(selectors.RecipientPage([*map(selectors.summary, page)], following))


class OneRecipient(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="recipients_get",
        summary="Get a recipient",
        responses={200: selectors.RecipientView, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def get(self, request: Request, external_id: str) -> HttpResponse:
        found = selectors.recipient_get(external_id)
        if found is None:
            raise no_recipient()
        return answer(found)

    @extend_schema(
        tags=TAGS,
        operation_id="recipients_put",
        summary="Create or update a recipient",
        description="Fields that are left out stay unchanged. `email` and `phone` replace the "
        "current address of that channel; `null` removes it.",
        request=Profile,
        examples=[
            OpenApiExample(
                "A recipient in Vienna",
                value={
                    "locale": "de-AT",
                    "timezone": "Europe/Vienna",
                    "email": "maria@example.com",
                    "phone": "+436641234567",
                    "attributes": {"plan": "gold"},
                },
                request_only=True,
            )
        ],
        responses={
            200: selectors.RecipientView,
            201: OpenApiResponse(selectors.RecipientView, "Created."),
            400: WRONG,
            **KEY_ERRORS,
        },
    )
    def put(self, request: Request, external_id: str) -> HttpResponse:
        profile = read_body(request, Profile)
        _, created = services.recipient_upsert(external_id=external_id, profile=profile)
        return answer(selectors.recipient_get(external_id), 201 if created else 200)

    @extend_schema(
        tags=TAGS,
        operation_id="recipients_erase",
        summary="Erase a recipient",
        description="Deletes the encryption key, addresses, inbox and attributes. Suppressed "
        "addresses stay suppressed.",
        responses={204: None, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def delete(self, request: Request, external_id: str) -> HttpResponse:
        services.recipient_erase(external_id=external_id)
        return HttpResponse(status=204)
