"""Templates and their drafts over HTTP."""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from msgspec import UNSET, Struct, UnsetType
from rest_framework.request import Request

from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import InvalidFields, not_found
from notifyproj.core.api.openapi import CURSOR, KEY_ERRORS, LIMIT, error
from notifyproj.core.api.query_params import decode_cursor, page_of, read_choice, read_limit
from templates.api.base import NONE, TAGS, WRONG, Name, Note, TemplatesApi, template_of, writer
from templates.models import TemplateKind
from templates.versions import selectors
from templates.versions.selectors import DraftView, TemplatePage, TemplateView
from templates.versions.services import (
    Content,
    draft_discard,
    draft_of,
    draft_save,
    review_of,
    template_change,
    template_create,
    template_delete,
)

RESERVED = frozenset({"export", "import"})  # routes of their own
CHANGED = error("ada changed this draft in the meantime", "draft_changed", seen="…")
PARTS = {"sms": {"default": {"body": "Order {{ order_id }} is on its way."}}}


class NewTemplate(Struct, forbid_unknown_fields=True):
    """A `partial` is content that messages include or extend."""

    slug: Name
    name: Name
    description: str = ""
    kind: Literal["message", "partial"] = "message"


class ChangedTemplate(Struct, forbid_unknown_fields=True):
    """Fields that are left out stay unchanged."""

    name: Name | UnsetType = UNSET
    description: str | UnsetType = UNSET


class DraftBody(Struct, forbid_unknown_fields=True):
    """`parts` is {channel: {locale: {field: text}}}. `schema` null: derived from the text. `seen`:
    `changed_at` of the draft this one is based on; null: there was none; left out: an existing
    draft is overwritten."""

    parts: dict[str, Any]
    schema: dict[str, Any] | None = None
    sample: dict[str, Any] | None = None
    note: Note = ""
    seen: datetime | UnsetType | None = UNSET


class Templates(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_list",
        summary="List templates",
        parameters=[
            OpenApiParameter("kind", str, enum=TemplateKind.values),
            LIMIT,
            CURSOR,
        ],
        responses={200: TemplatePage, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        asked = request.query_params
        limit, cursor = read_limit(asked.get("limit")), asked.get("cursor")
        after = decode_cursor(cursor, str) if cursor else ""
        rows = selectors.templates_after(
            after, limit + 1, read_choice("kind", asked.get("kind"), TemplateKind.values)
        )
        page, following = page_of(rows, limit, lambda row: row.slug)
        return answer(TemplatePage([*map(selectors.template_summary, page)], following))

    @extend_schema(
        tags=TAGS,
        operation_id="templates_create",
        summary="Create a template",
        description="Creates an empty template. Save its draft, then publish it.",
        request=NewTemplate,
        examples=[
            OpenApiExample("A message", value={"slug": "order", "name": "Order"}, request_only=True)
        ],
        responses={201: TemplateView, 400: WRONG, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, NewTemplate)
        if body.slug in RESERVED:
            raise InvalidFields({"slug": "This slug is reserved."})
        try:
            made = template_create(
                slug=body.slug, name=body.name, description=body.description, kind=body.kind
            )
        except ValidationError as error:
            raise InvalidFields({k: v[0] for k, v in error.message_dict.items()}) from None
        return answer(selectors.template_view(made), 201)


class OneTemplate(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_get",
        summary="Get a template and its versions",
        responses={200: TemplateView, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        return answer(selectors.template_view(template_of(slug)))

    @extend_schema(
        tags=TAGS,
        operation_id="templates_change",
        summary="Update a template",
        request=ChangedTemplate,
        responses={200: TemplateView, 404: NONE, **KEY_ERRORS},
    )
    def patch(self, request: Request, slug: str) -> HttpResponse:
        body, template = read_body(request, ChangedTemplate), template_of(slug)
        template_change(
            template=template,
            name=template.name if body.name is UNSET else body.name,
            description=template.description if body.description is UNSET else body.description,
        )
        return answer(selectors.template_view(template))

    @extend_schema(
        tags=TAGS,
        operation_id="templates_delete",
        summary="Delete an unpublished template",
        responses={
            204: None,
            404: NONE,
            409: error("order has published versions and cannot be deleted.", "in_use"),
            **KEY_ERRORS,
        },
    )
    def delete(self, request: Request, slug: str) -> HttpResponse:
        template_delete(template=template_of(slug))
        return HttpResponse(status=204)


class Draft(TemplatesApi):
    @extend_schema(
        tags=TAGS,
        operation_id="templates_draft_get",
        summary="Get the draft of a template",
        description="With its errors and warnings.",
        responses={200: DraftView, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        row = draft_of(template_of(slug))
        if row is None:
            raise not_found("slug", "This template has no draft.")
        return answer(selectors.draft_view(row, review_of(row).problems))

    @extend_schema(
        tags=TAGS,
        operation_id="templates_draft_put",
        summary="Save the draft of a template",
        description="A draft may have errors, which the response lists by channel, locale, field "
        "and line. It can be published once it has no errors; warnings are allowed.",
        request=DraftBody,
        examples=[OpenApiExample("One channel", value={"parts": PARTS}, request_only=True)],
        responses={200: DraftView, 400: WRONG, 404: NONE, 409: CHANGED, **KEY_ERRORS},
    )
    def put(self, request: Request, slug: str) -> HttpResponse:
        body, template = read_body(request, DraftBody), template_of(slug)
        content = Content(body.parts, body.schema, body.sample, body.note)
        row = draft_save(template=template, content=content, by=writer(request), seen=body.seen)
        return answer(selectors.draft_view(row, review_of(row).problems))

    @extend_schema(
        tags=TAGS,
        operation_id="templates_draft_delete",
        summary="Discard the draft of a template",
        responses={204: None, 404: NONE, **KEY_ERRORS},
    )
    def delete(self, request: Request, slug: str) -> HttpResponse:
        if not draft_discard(template=template_of(slug)):
            raise not_found("slug", "This template has no draft.")
        return HttpResponse(status=204)
