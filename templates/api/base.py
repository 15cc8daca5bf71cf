"""What the routes of templates share."""

from typing import Annotated, Any, cast

from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.errors import ApiError, not_found
from notifyproj.core.api.openapi import error
from notifyproj.core.models import Scope
from templates.engine.problem import Problem
from templates.models import MessageTemplate, TemplateVersion
from templates.versions.selectors import template_get, version_get
from templates.versions.services import CannotPublish, DraftChanged, InUse, draft_of

TAGS = ["templates"]
READ_OR_WRITE = {
    "GET": Scope.READ,
    "POST": Scope.TEMPLATES,
    "PUT": Scope.TEMPLATES,
    "PATCH": Scope.TEMPLATES,
    "DELETE": Scope.TEMPLATES,
}
NONE = error("Template not found.", "not_found", slug="Template not found.")
WRONG = error("At least one channel is required.", "invalid", parts="…")
CANNOT = error(
    "sms / default / body, line 2: A block is not closed",
    "cannot_publish",
    **{"parts.sms.default.body": "line 2: A block is not closed"},
)
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Note = Annotated[str, Meta(max_length=500)]
Parts = dict[str, dict[str, dict[str, Any]]]


class TemplatesApi(APIView):
    required_scope: Any = READ_OR_WRITE

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case CannotPublish():
                exc = ApiError(422, "cannot_publish", str(exc), _places(exc.problems))
            case DraftChanged():
                exc = ApiError(409, "draft_changed", str(exc), {"seen": str(exc)})
            case InUse():
                exc = ApiError(409, "in_use", str(exc))
        return super().handle_exception(exc)


def writer(request: Request) -> str:
    """As who a version names."""
    return f"service:{cast(Caller, request.user).service}"


def template_of(slug: str) -> MessageTemplate:
    found = template_get(slug)
    if found is None:
        raise not_found("slug", "Template not found.")
    return found


def version_of(template: MessageTemplate, name: str) -> TemplateVersion:
    """`3`, or `draft`."""
    if name == "draft":
        found = draft_of(template)
    else:
        found = version_get(template, int(name[:9])) if name.isdecimal() else None
    if found is None:
        raise not_found("version", "Version not found.")
    return found


def _places(problems: list[Problem]) -> dict[str, str]:
    """The first at each place."""
    found: dict[str, str] = {}
    for problem in problems:
        line = f"line {problem.line}: " if problem.line else ""
        found.setdefault(problem.path, f"{line}{problem.message}")
    return found
