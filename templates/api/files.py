"""All templates as files, over HTTP: so that they can live in git and be applied by CI."""

from typing import Annotated

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from msgspec import Meta, Struct
from rest_framework.request import Request

from notifyproj.core.api.bodies import BodyLimit, answer, decode, takes_body
from notifyproj.core.api.errors import ApiError, InvalidFields
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.api.query_params import read_choice, read_flag
from notifyproj.core.models import Scope
from templates.api.base import TAGS, TemplatesApi, writer
from templates.build.files import NotReadable
from templates.versions import archive, transfer
from templates.versions.archive import LARGEST
from templates.versions.changes import Step
from templates.versions.published import forget_names
from templates.versions.transfer import ChangedMeanwhile

JSON, ZIP = "application/json", "application/zip"
FILES = {
    "order/template.toml": 'name = "Order"',
    "order/sms.default.txt": "Order {{ order_id }} is on its way.",
}
NOT_READ = error("order/notes.md: not a template file", "invalid", files="…")


CHANGED = error("Somebody else was changing these templates: try again", "changed_meanwhile")


class FilesBody(Struct, forbid_unknown_fields=True):
    """Contents by path, such as `order/sms.default.txt`."""

    files: Annotated[dict[str, str], Meta(max_length=archive.MOST_FILES)]


class PlanView(Struct):
    """`applied` false: a dry run, or a step was refused; nothing was changed."""

    applied: bool
    steps: list[Step]


class Export(TemplatesApi):
    required_scope = {"GET": Scope.READ}

    @extend_schema(
        tags=TAGS,
        operation_id="templates_export",
        summary="Export templates",
        description="The latest published version of each template, as JSON or as a zip file.",
        parameters=[OpenApiParameter("as", str, enum=["json", "zip"])],
        responses={(200, JSON): FilesBody, (200, ZIP): OpenApiTypes.BINARY, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        files = transfer.export_all()
        if read_choice("as", request.query_params.get("as"), ("json", "zip")) != "zip":
            return answer(FilesBody(files))
        packed = HttpResponse(archive.pack(files), ZIP)
        packed["Content-Disposition"] = 'attachment; filename="templates.zip"'
        return packed


@takes_body(BodyLimit(LARGEST))
class Import(TemplatesApi):
    required_scope = {"POST": Scope.TEMPLATES}

    @extend_schema(
        tags=TAGS,
        operation_id="templates_import",
        summary="Import templates",
        description="JSON, or a zip file as application/zip, of at most 20 MB. Unchanged templates "
        "stay as they are; changed ones become the draft or, with `publish`, a new version. "
        "Applied completely or not at all; 409 if others keep changing the same templates.",
        parameters=[
            OpenApiParameter(
                "dry_run", bool, description="Return the plan without changing anything."
            ),
            OpenApiParameter("publish", bool),
            OpenApiParameter("note", str, description="Change note of the published versions."),
        ],
        request={"application/json": FilesBody, ZIP: bytes},
        examples=[OpenApiExample("One template", value={"files": FILES}, request_only=True)],
        responses={200: PlanView, 400: NOT_READ, 409: CHANGED, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        asked = request.query_params
        try:
            plan = transfer.import_all(
                _files(request),
                by=writer(request),
                publish=read_flag("publish", asked.get("publish")),
                dry_run=read_flag("dry_run", asked.get("dry_run")),
                note=asked.get("note", "")[:500],
            )
        except NotReadable as error:
            raise InvalidFields({"files": str(error)}) from None
        except ChangedMeanwhile as error:
            raise ApiError(409, "changed_meanwhile", str(error)) from None
        forget_names()
        return answer(PlanView(plan.applied, plan.steps))


def _files(request: Request) -> dict[str, str]:
    """Raises NotReadable."""
    kind = (request.content_type or "").partition(";")[0].strip().lower()
    body = request._request.read(LARGEST + 1)
    if len(body) > LARGEST:
        message = f"The request body must not exceed {LARGEST:,} bytes."
        raise ApiError(413, "body_too_large", message, {"body": message})
    if kind == ZIP:
        return archive.unpack(body)
    if kind not in ("application/json", ""):
        message = f"The content type must be application/json or {ZIP}."
        raise ApiError(415, "unsupported_media_type", message, {"Content-Type": message})
    return decode(body, FilesBody).files
