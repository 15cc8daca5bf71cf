"""A service's status endpoints over HTTP. A service sees its own only, whatever its key may do."""

from datetime import datetime
from typing import Annotated, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import UNSET, Meta, Struct, UnsetType, structs
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.status_events import selectors, services
from notifications.status_events.event_types import Name
from notifications.status_events.models import StatusEndpoint
from notifications.status_events.services import EndpointFields
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import not_found
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.clock import now
from notifyproj.core.models import Scope

TAGS = ["status endpoints"]
NO_ENDPOINT = error("Status endpoint not found.", "not_found")
WRONG = error("The URL must start with https://.", "invalid", url="…")
EXAMPLE = OpenApiExample(
    "Failures of one type",
    value={
        "url": "https://shop.example.com/hooks/notify",
        "events": ["delivery.failed", "delivery.bounced"],
        "types": ["order_confirmed"],
        "owner_email": "shop-team@example.com",
    },
    request_only=True,
)

Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Text = Annotated[str, Meta(max_length=200)]
Slugs = Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=200)]
Names = Annotated[list[Name], Meta(max_length=50)]


class NewEndpoint(Struct, forbid_unknown_fields=True):
    """Empty `events` or `types`: all."""

    url: Url
    events: Names = []
    types: Slugs = []
    description: Text = ""
    owner_email: Text = ""
    enabled: bool = True


class ChangedEndpoint(Struct, forbid_unknown_fields=True):
    """Fields that are left out stay unchanged."""

    url: Url | UnsetType = UNSET
    events: Names | UnsetType = UNSET
    types: Slugs | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    owner_email: Text | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class CreatedEndpoint(selectors.EndpointView):
    """`secret` is shown only once."""

    secret: str


class RotatedSecret(Struct):
    """Both secrets sign until `old_valid_until`. The new one is shown only once."""

    secret: str
    old_valid_until: datetime


class StatusEndpointView(APIView):
    required_scope = {
        "GET": Scope.READ,
        "POST": Scope.ENDPOINTS,
        "PATCH": Scope.ENDPOINTS,
        "DELETE": Scope.ENDPOINTS,
    }

    def endpoint(self, request: Request, endpoint_id: int) -> StatusEndpoint:
        """Raises ApiError 404, also for somebody else's."""
        service_id = cast(Caller, request.user).service_id
        found = selectors.endpoints_of(service_id).filter(pk=endpoint_id).first()
        if found is None:
            raise not_found("id", "Status endpoint not found.")
        return found


class Endpoints(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_list",
        summary="List status endpoints",
        responses={200: selectors.EndpointPage, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        rows = selectors.endpoints_of(cast(Caller, request.user).service_id)
        return answer(selectors.EndpointPage([selectors.endpoint_view(row) for row in rows]))

    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_create",
        summary="Create a status endpoint",
        request=NewEndpoint,
        examples=[EXAMPLE],
        responses={201: CreatedEndpoint, 400: WRONG, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        fields = EndpointFields(**structs.asdict(read_body(request, NewEndpoint)))
        service_id = cast(Caller, request.user).service_id
        made, secret = services.endpoint_create(service_id=service_id, fields=fields)
        view = structs.asdict(selectors.endpoint_view(made))
        return answer(CreatedEndpoint(**view, secret=secret), 201)


class OneEndpoint(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_get",
        summary="Get a status endpoint",
        responses={200: selectors.EndpointView, 404: NO_ENDPOINT, **KEY_ERRORS},
    )
    def get(self, request: Request, endpoint_id: int) -> HttpResponse:
        return answer(selectors.endpoint_view(self.endpoint(request, endpoint_id)))

    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_update",
        summary="Update a status endpoint",
        request=ChangedEndpoint,
        responses={200: selectors.EndpointView, 400: WRONG, 404: NO_ENDPOINT, **KEY_ERRORS},
    )
    def patch(self, request: Request, endpoint_id: int) -> HttpResponse:
        endpoint = self.endpoint(request, endpoint_id)
        given = structs.asdict(read_body(request, ChangedEndpoint))
        fields = {name: getattr(endpoint, name) for name in given}
        fields |= {name: value for name, value in given.items() if value is not UNSET}
        services.endpoint_update(endpoint=endpoint, fields=EndpointFields(**fields))
        return answer(selectors.endpoint_view(endpoint))

    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_delete",
        summary="Delete a status endpoint",
        description="Events that are waiting for it are discarded.",
        responses={204: None, 404: NO_ENDPOINT, **KEY_ERRORS},
    )
    def delete(self, request: Request, endpoint_id: int) -> HttpResponse:
        services.endpoint_delete(endpoint=self.endpoint(request, endpoint_id))
        return HttpResponse(status=204)


class RotateSecret(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_rotate_secret",
        summary="Rotate the secret",
        description="For 24 hours every event is signed with both secrets.",
        request=None,
        responses={200: RotatedSecret, 404: NO_ENDPOINT, **KEY_ERRORS},
    )
    def post(self, request: Request, endpoint_id: int) -> HttpResponse:
        endpoint = self.endpoint(request, endpoint_id)
        return answer(RotatedSecret(*services.secret_rotate(endpoint=endpoint, now=now())))


class Resume(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_resume",
        summary="Resume a suspended status endpoint",
        request=None,
        responses={
            200: OpenApiResponse(selectors.EndpointView, "Events that were waiting are sent."),
            404: NO_ENDPOINT,
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request, endpoint_id: int) -> HttpResponse:
        endpoint = self.endpoint(request, endpoint_id)
        services.endpoint_resume(endpoint=endpoint)
        return answer(selectors.endpoint_view(endpoint))
