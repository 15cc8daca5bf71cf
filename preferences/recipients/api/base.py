"""What the routes of recipients share."""

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.errors import ApiError, not_found
from notifyproj.core.api.openapi import error
from notifyproj.core.models import Scope
from preferences.recipients import services

READ_OR_WRITE = {
    "GET": Scope.READ,
    "PUT": Scope.RECIPIENTS,
    "PATCH": Scope.RECIPIENTS,
    "POST": Scope.RECIPIENTS,
    "DELETE": Scope.RECIPIENTS,
}
NO_RECIPIENT = error("Recipient not found.", "not_found", external_id="Recipient not found.")
WRONG = error("Must be an IANA time zone, such as Europe/Vienna.", "invalid", timezone="…")
TAGS = ["recipients"]


class RecipientView(APIView):
    required_scope = READ_OR_WRITE

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, services.NoSuchRecipient):
            exc = no_recipient()
        return super().handle_exception(exc)


def no_recipient() -> ApiError:
    """Returns the 404 for an external id that nobody has."""
    return not_found("external_id", "Recipient not found.")


def caller_of(request: Request) -> Caller:
    """Returns the service and key that authentication found for the request."""
    return cast(Caller, request.user)
