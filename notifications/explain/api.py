"""What a send would do, over HTTP."""

from typing import cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.accept.requests import SendRequest
from notifications.explain.explain import MOST_RECIPIENTS, explain_send
from notifications.explain.schemas import Explanation
from notifyproj.core.api.authentication import Caller, charge_rest
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.clock import now
from notifyproj.core.models import Scope


class Explain(APIView):
    required_scope = Scope.SEND

    @extend_schema(
        tags=["notifications"],
        operation_id="notifications_explain",
        summary="Explain what a send would do",
        description="Takes the body of a send and returns, for each recipient, channel and contact "
        "point, the decision with every rule that was evaluated, the provider account, the "
        "content, the time and the cost. Nothing is stored, counted or sent, and the idempotency "
        f"key is not used. At most {MOST_RECIPIENTS} recipients. Variables of sensitive "
        "notification types are masked; personal links are placeholders.",
        request=SendRequest,
        responses={
            200: OpenApiResponse(Explanation, "What would be sent, and why."),
            400: error(
                "order-v2 requires the variable `total`.",
                "missing_variable",
                **{"variables.total": "…"},
            ),
            422: error("Recipient 'user-9' not found.", "unknown_recipient", user_id="…"),
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, SendRequest)
        caller = cast(Caller, request.user)
        charge_rest(caller, len(body.user_ids or (1,)))
        return answer(explain_send(caller.service_id, body, now()))
