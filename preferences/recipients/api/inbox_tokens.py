"""`POST /api/v1/inbox/tokens`: a service asks for a person's inbox token, for that person's app."""

from datetime import datetime
from typing import cast

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from channels.inbox import tokens
from notifyproj.core import clock
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import ApiError
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.models import Scope
from preferences.models import Recipient

UNKNOWN = "Recipient not found."


class TokenIn(msgspec.Struct, forbid_unknown_fields=True):
    user_id: str


class TokenOut(msgspec.Struct):
    token: str
    expires_at: datetime


class InboxTokens(APIView):
    """The token opens the inbox of one recipient for 15 minutes, with the messages of the service
    that the API key belongs to.

    A key with the scope `admin` gets a token for the whole inbox, for a front end that shows the
    messages of several services. Messages of no service (older ones, and tests from the admin) are
    shown with either token.
    """

    required_scope = {"POST": Scope.READ}

    @extend_schema(
        tags=["inbox"],
        operation_id="inbox_token",
        summary="Create an inbox token",
        request=TokenIn,
        responses={
            201: TokenOut,
            422: error(UNKNOWN, "unknown_recipient", user_id=UNKNOWN),
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        caller = cast(Caller, request.user)
        token = token_for(read_body(request, TokenIn).user_id, caller.only)
        if token is None:
            raise ApiError(422, "unknown_recipient", UNKNOWN, {"user_id": UNKNOWN})
        response = answer(TokenOut(token.value, token.expires_at), 201)
        response["Cache-Control"] = "no-store"
        return response


def token_for(external_id: str, service_id: int | None = None) -> tokens.Token | None:
    """For what that service sent, or for the whole inbox. None for somebody we do not know, or no
    longer."""
    found = Recipient.objects.filter(external_id=external_id, erased_at=None)
    recipient_id = found.values_list("id", flat=True).first()
    if recipient_id is None:
        return None
    return tokens.mint(recipient_id=recipient_id, now=clock.now(), service_id=service_id)
