"""Browsers and webhooks of a recipient over HTTP: what is neither an address nor a device."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.views import APIView

from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import not_found
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.models import Scope
from preferences.recipients import selectors, web_push, webhooks
from preferences.recipients.api.base import NO_RECIPIENT, TAGS, RecipientView

SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/c1KrmpTuRm…",
    "expirationTime": None,
    "keys": {"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-Jv…", "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
}


class Secret(Struct):
    """`secret` is shown only once."""

    secret: str


class VapidKey(Struct):
    """`applicationServerKey` of `PushManager.subscribe()`."""

    public_key: str


class Browsers(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="web_push_register",
        summary="Register or refresh a browser",
        description="Call it with the result of `PushManager.subscribe()` whenever the page "
        "starts. A browser registered for another recipient moves to this one. To remove it, "
        "delete its contact point.",
        request=web_push.Browser,
        examples=[
            OpenApiExample("A browser", value={"subscription": SUBSCRIPTION}, request_only=True)
        ],
        responses={
            200: OpenApiResponse(selectors.ContactPointView, "Updated."),
            201: selectors.ContactPointView,
            400: error("The keys of the subscription are invalid.", "invalid", subscription="…"),
            404: NO_RECIPIENT,
            **KEY_ERRORS,
        },
    )
    def put(self, request: Request, external_id: str) -> HttpResponse:
        browser = read_body(request, web_push.Browser)
        id_, created = web_push.web_push_register(external_id=external_id, browser=browser)
        return answer(selectors.contact_point_get(id_), 201 if created else 200)


class WebhookSecret(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="webhook_secret_rotate",
        summary="Rotate the secret of a webhook",
        description="For 24 hours messages are signed with both secrets.",
        request=None,
        responses={201: Secret, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def post(self, request: Request, external_id: str, contact_point_id: int) -> HttpResponse:
        secret = webhooks.webhook_secret_rotate(
            external_id=external_id, contact_point_id=contact_point_id
        )
        if secret is None:
            raise not_found("contact_point_id", "Webhook not found.")
        return answer(Secret(secret), 201)


class AppVapidKey(APIView):
    required_scope: ClassVar[dict[str, str]] = {"GET": Scope.READ}

    @extend_schema(
        tags=["apps"],
        operation_id="apps_vapid_key",
        summary="Get the VAPID public key of an app",
        responses={
            200: VapidKey,
            404: error("Web push app not found.", "not_found", slug="…"),
            **KEY_ERRORS,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        found = web_push.public_key_of(slug)
        if found is None:
            raise not_found("slug", "Web push app not found, or it has no key.")
        return answer(VapidKey(found))
