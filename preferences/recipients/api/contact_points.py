"""The addresses and devices of a recipient over HTTP."""

from typing import Annotated

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import Meta, Struct, structs
from rest_framework.request import Request

from channels.base import Channel
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import not_found
from notifyproj.core.api.openapi import KEY_ERRORS, error
from preferences.recipients import selectors, services
from preferences.recipients.api.base import NO_RECIPIENT, TAGS, RecipientView, no_recipient
from preferences.recipients.schemas import Device
from preferences.recipients.webhooks import REGISTER


class NewContactPoint(Struct, forbid_unknown_fields=True):
    """`channel`: `email`, `sms` or, with a URL as the address, `webhook` or `slack`."""

    channel: str
    address: Annotated[str, Meta(min_length=1, max_length=4096)]


class AddedContactPoint(selectors.ContactPointView, kw_only=True, omit_defaults=True):
    """`secret` signs the messages to a new webhook; it is shown only once."""

    secret: str = ""


class ContactPoints(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="contact_points_list",
        summary="List contact points",
        responses={200: selectors.ContactPoints, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def get(self, request: Request, external_id: str) -> HttpResponse:
        return _points(external_id)

    @extend_schema(
        tags=TAGS,
        operation_id="contact_points_add",
        summary="Add a contact point",
        request=NewContactPoint,
        examples=[
            OpenApiExample(
                "An e-mail address",
                value={"channel": "email", "address": "maria@example.com"},
                request_only=True,
            ),
            OpenApiExample(
                "A webhook",
                value={"channel": "webhook", "address": "https://example.com/hooks/orders"},
                request_only=True,
            ),
        ],
        responses={
            200: OpenApiResponse(selectors.ContactPointView, "Updated."),
            201: AddedContactPoint,
            400: error(
                "Must be an e-mail address, such as name@example.com.", "invalid", address="…"
            ),
            404: NO_RECIPIENT,
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request, external_id: str) -> HttpResponse:
        body = read_body(request, NewContactPoint)
        if body.channel in REGISTER:
            url = body.address.strip()
            added = REGISTER[body.channel](external_id=external_id, url=url)
            return _added(added.id, added.created, added.secret)
        return _added(
            *services.contact_point_register(
                external_id=external_id, channel=body.channel, address=body.address
            )
        )


class OneContactPoint(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="contact_points_remove",
        summary="Remove a contact point",
        responses={204: None, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def delete(self, request: Request, external_id: str, contact_point_id: int) -> HttpResponse:
        return _remove(external_id, contact_point_id)


class Devices(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="devices_list",
        summary="List devices",
        responses={200: selectors.ContactPoints, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def get(self, request: Request, external_id: str) -> HttpResponse:
        return _points(external_id, Channel.PUSH)

    @extend_schema(
        tags=TAGS,
        operation_id="devices_register",
        summary="Register or refresh a device",
        description="Call it whenever the app starts. A token registered for another recipient "
        "moves to this one.",
        request=Device,
        examples=[
            OpenApiExample(
                "An iPhone",
                value={"token": "80f1d2…", "platform": "ios", "app_version": "3.2.0"},
                request_only=True,
            )
        ],
        responses={
            200: OpenApiResponse(selectors.ContactPointView, "Updated."),
            201: selectors.ContactPointView,
            400: error("`app` is required: several apps have this platform.", "invalid", app="…"),
            404: NO_RECIPIENT,
            **KEY_ERRORS,
        },
    )
    def put(self, request: Request, external_id: str) -> HttpResponse:
        device = read_body(request, Device)
        id_, created = services.device_register(external_id=external_id, device=device)
        return answer(selectors.contact_point_get(id_), 201 if created else 200)


class OneDevice(RecipientView):
    @extend_schema(
        tags=TAGS,
        operation_id="devices_remove",
        summary="Remove a device",
        responses={204: None, 404: NO_RECIPIENT, **KEY_ERRORS},
    )
    def delete(self, request: Request, external_id: str, contact_point_id: int) -> HttpResponse:
        return _remove(external_id, contact_point_id)


def _added(id_: int, created: bool, secret: str = "") -> HttpResponse:
    view = selectors.contact_point_get(id_)
    shown = AddedContactPoint(**structs.asdict(view), secret=secret)
    return answer(shown, 201 if created else 200)


def _points(external_id: str, channel: str = "") -> HttpResponse:
    found = selectors.contact_points_of(external_id, channel)
    if found is None:
        raise no_recipient()
    return answer(selectors.ContactPoints(found))


def _remove(external_id: str, contact_point_id: int) -> HttpResponse:
    removed = services.contact_point_remove(
        external_id=external_id, contact_point_id=contact_point_id
    )
    if not removed:
        raise not_found("contact_point_id", "Contact point not found.")
    return HttpResponse(status=204)
