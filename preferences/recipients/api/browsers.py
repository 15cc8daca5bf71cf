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
    """`secret` is shown this once."""

    secret: str


class VapidKey(Struct):
    """`applicationServerKey` of `PushManager.subscribe()`."""

    public_key: str


class Browsers(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="web_push_register",
        summary="Register or refresh a browser",
        description="Call it with what `PushManager.subscribe()` gave, whenever the page starts. "
        "A browser that another person used moves to this one. Remove it as a contact point.",
        request=web_push.Browser,
        examples=[
            OpenApiExample("A browser", value={"subscription": SUBSCRIPTION}, request_only=True)
        ],
        responses={
            200: OpenApiResponse(selectors.ContactPointView, "It was known."),
            201: selectors.ContactPointView,
            400: error("The subscription's keys are not a browser's.", "invalid", subscription="…"),
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
        summary="Give a webhook a new secret",
        description="Both secrets sign for the next 24 hours.",
        request=None,
        responses={201: Secret, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def post(self, request: Request, external_id: str, contact_point_id: int) -> HttpResponse:
        secret = webhooks.webhook_secret_rotate(
            external_id=external_id, contact_point_id=contact_point_id
        )
        if secret is None:
            raise not_found("contact_point_id", "This recipient has no such webhook.")
        return answer(Secret(secret), 201)


class AppVapidKey(APIView):
    required_scope: ClassVar[dict[str, str]] = {"GET": Scope.READ}

    @extend_schema(
        tags=["apps"],
        operation_id="apps_vapid_key",
        summary="The key that pages subscribe with",
        responses={
            200: VapidKey,
            404: error("There is no such app for web push.", "not_found", slug="…"),
            **KEY_ERRORS,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        found = web_push.public_key_of(slug)
        if found is None:
            raise not_found("slug", "There is no such app for web push, or it has no key.")
        return answer(VapidKey(found))
