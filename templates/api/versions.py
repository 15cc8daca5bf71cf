"""Publishing over HTTP: versions, what changed between them, and back to an old one."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from msgspec import Struct
from rest_framework.request import Request

from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.openapi import KEY_ERRORS
from templates.api.base import (
    CANNOT,
    NONE,
    TAGS,
    Note,
    TemplatesApi,
    template_of,
    version_of,
    writer,
)
from templates.checker import pool
from templates.models import TemplateVersion
from templates.review.diff import changes
from templates.versions import selectors
from templates.versions.published import forget_names
from templates.versions.selectors import VersionView
from templates.versions.services import version_publish, version_rollback


class PublishBody(Struct, forbid_unknown_fields=True):
    """`note`: the change note; default: that of the draft."""

    note: Note = ""


class LineView(Struct):
    """`mark`: same, gone, new, or skipped for unchanged lines that are left out."""

    mark: str
    text: str
    before: int
    after: int


class ChangeView(Struct):
    channel: str
    locale: str
    field: str
    lines: list[LineView]


class Diff(Struct):
    before: str
    after: str
    changes: list[ChangeView]


class Publish(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_publish",
        summary="Publish the draft of a template",
        description="A published version cannot be changed. Requests that name the template use "
        "it within two seconds.",
        request=PublishBody,
        responses={201: VersionView, 404: NONE, 422: CANNOT, **KEY_ERRORS},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        body, template = read_body(request, PublishBody), template_of(slug)
        draft = version_of(template, "draft")
        row = version_publish(version=draft, by=writer(request), note=body.note)
        forget_names()
        return answer(selectors.version_view(template, row), 201)


class OneVersion(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_version_get",
        summary="Get a published version",
        responses={200: VersionView, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str, number: int) -> HttpResponse:
        template = template_of(slug)
        return answer(selectors.version_view(template, version_of(template, str(number))))


class Rollback(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_rollback",
        summary="Roll back to an earlier version",
        description="Publishes the content of the earlier version, with its partials at that time, "
        "as a new version. The draft is kept.",
        request=None,
        responses={201: VersionView, 404: NONE, 422: CANNOT, **KEY_ERRORS},
    )
    def post(self, request: Request, slug: str, number: int) -> HttpResponse:
        template = template_of(slug)
        old = version_of(template, str(number))
        row = version_rollback(version=old, by=writer(request))
        forget_names()
        return answer(selectors.version_view(template, row), 201)


class Differences(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_diff",
        summary="Compare two versions",
        parameters=[
            OpenApiParameter(
                "from", str, required=True, description="A version number, or `draft`."
            ),
            OpenApiParameter("to", str, required=True, description="A version number, or `draft`."),
        ],
        responses={200: Diff, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        template = template_of(slug)
        before = version_of(template, request.query_params.get("from", ""))
        after = version_of(template, request.query_params.get("to", ""))
        return answer(diff_view(before, after))


def diff_view(before: TemplateVersion, after: TemplateVersion) -> Diff:
    found = changes(before.parts, after.parts, schemas=(before.schema, after.schema))
    views = [
        ChangeView(change.channel, change.locale, change.field, [LineView(*line) for line in lines])
        for change, lines in zip(found, pool.compare([c.texts for c in found]), strict=True)
    ]
    return Diff(str(before), str(after), views)
