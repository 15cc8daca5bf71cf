"""A template as somebody would get it, over HTTP; nothing is sent."""

from typing import Annotated, Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from msgspec import Meta, Struct
from rest_framework.request import Request

from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import ApiError, not_found
from notifyproj.core.api.openapi import KEY_ERRORS
from notifyproj.core.models import Scope
from templates.api.base import NONE, TAGS, Parts, TemplatesApi, template_of, version_of
from templates.checker import pool
from templates.extension_points import person_facts
from templates.models import MessageTemplate
from templates.review.preview import Shown
from templates.versions import selectors
from templates.versions.review import Draft, review
from templates.versions.selectors import ProblemView


class PreviewBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """`version`: a number, or `draft`; default: the draft, if there is one. `parts`: content that
    is not saved yet. `user_id`: preview as that recipient; also requires the scope `recipients`.
    Variables that are left out are taken from the sample data."""

    version: Annotated[str, Meta(max_length=10)] = ""
    parts: Parts | None = None
    schema: dict[str, Any] | None = None
    variables: dict[str, Any] = {}
    locale: Annotated[str, Meta(max_length=35)] = ""
    timezone: Annotated[str, Meta(max_length=64)] = "UTC"
    user_id: Annotated[str, Meta(max_length=200)] = ""
    channels: list[str] = []


class Preview(Struct):
    """`variables`: those the preview is rendered with."""

    shown: list[Shown]
    problems: list[ProblemView]
    variables: dict[str, Any]


class Previews(TemplatesApi):
    required_scope = {"POST": Scope.TEMPLATES}

    @extend_schema(
        tags=TAGS,
        operation_id="templates_preview",
        summary="Preview a template",
        description="Renders a template without sending it.",
        request=PreviewBody,
        responses={200: Preview, 404: NONE, **KEY_ERRORS},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        body, template = read_body(request, PreviewBody), template_of(slug)
        found = review(_draft(body, template))
        if not found.built:
            return answer(Preview([], selectors.problem_views(found.problems), {}))
        variables = {**found.sample, **body.variables}
        locale, zone = body.locale, body.timezone
        if body.user_id:
            _check_may_see_people(cast(Caller, request.user))
            person = person_facts.only()(body.user_id)
            if person is None:
                raise not_found("user_id", "Recipient not found.")
            locale, zone = body.locale or person.locale, person.zone
            variables = {**variables, **person.variables}
        written = pool.preview(
            found.built, variables, locale=locale, zone=zone, channels=body.channels
        )
        return answer(Preview(written, selectors.problem_views(found.problems), variables))


def _check_may_see_people(caller: Caller) -> None:
    """A preview shows a person's attributes. Raises ApiError 403."""
    if not caller.may(Scope.RECIPIENTS):
        message = f"`user_id` requires an API key that also has the scope `{Scope.RECIPIENTS}`."
        raise ApiError(403, "forbidden", message, {"user_id": message})


def _draft(body: PreviewBody, template: MessageTemplate) -> Draft:
    if body.parts is not None:
        return Draft(template.slug, template.kind, body.parts, body.schema)
    newest = selectors.newest_version(template)
    try:
        row = version_of(template, body.version or "draft")
    except ApiError:
        if body.version or newest is None:
            raise
        row = newest
    return Draft(
        slug=template.slug,
        kind=template.kind,
        parts=row.parts,
        schema=row.schema,
        sample=row.sample,
    )
