"""What a key may do. A view without `required_scope` is refused: forgetting it closes the door."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.errors import ApiError

if TYPE_CHECKING:  # it imports this file, as a setting
    from rest_framework.views import APIView

RequiredScope = str | Mapping[str, str]


class HasScope(BasePermission):
    """`required_scope` is a Scope, or {method: Scope}; HEAD counts as GET."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            return False  # DRF answers 401
        scope = scope_for(view, request.method or "")
        if scope is None:
            return False
        if not caller.may(scope):
            message = f"This needs a key with the scope `{scope}`."
            raise ApiError(403, "forbidden", message, {"Authorization": message})
        return True


def scope_for(view: "APIView | type[APIView]", method: str) -> str | None:
    """The scope this method of the view asks for; None when the view does not say."""
    required: RequiredScope | None = getattr(view, "required_scope", None)
    if isinstance(required, Mapping):
        return required.get("GET" if method == "HEAD" else method)
    return required
