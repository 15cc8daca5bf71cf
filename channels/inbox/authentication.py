"""The person's own API and stream: an inbox token, never a cookie, so there is nothing to forge."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from channels.inbox import tokens
from notifyproj.core import clock
from notifyproj.core.api.errors import ApiError


def reader_of(request: HttpRequest | Request) -> tokens.Reader:
    """Raises ApiError 401, `token_expired` or `invalid_token`."""
    try:
        return tokens.from_header(request.headers.get("Authorization", ""), clock.now())
    except tokens.InvalidToken as error:
        expired = isinstance(error, tokens.ExpiredToken)
        code = "token_expired" if expired else "invalid_token"
        raise ApiError(401, code, str(error), {"Authorization": str(error)}) from error


class InboxTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <inbox token>`; `request.user` is the Reader."""

    def authenticate(self, request: Request) -> tuple[tokens.Reader, None]:
        return reader_of(request), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="inbox"'
