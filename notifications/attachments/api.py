"""`/api/v1/attachments`: store a file once, then name it in any number of requests."""

from datetime import datetime
from typing import cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from msgspec import Struct
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.attachments import store as attachments
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import BodyLimit, answer, takes_body
from notifyproj.core.api.errors import ApiError, InvalidFields, not_found
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.clock import now
from notifyproj.core.models import Scope

TAGS = ["attachments"]
AROUND = 65_536  # bytes of a multipart body besides its file
LIMIT = BodyLimit(attachments.LARGEST + AROUND, code="attachment_too_large", field="file")
GONE = error("Attachment not found.", "not_found", id="…")
UPLOAD = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}


class AttachmentView(Struct):
    id: str
    name: str
    content_type: str
    size: int
    sha256: str
    expires_at: datetime  # later, once a notification that lives longer refers to it


@takes_body(LIMIT)
class Attachments(APIView):
    required_scope = {"POST": Scope.SEND}
    parser_classes = [MultiPartParser]

    @extend_schema(
        tags=TAGS,
        operation_id="attachments_add",
        summary="Upload an attachment",
        description="A multipart body with one part named `file`, of at most 10 MB. Requests refer "
        "to it by its id in `attachments`. It is kept until no message can use it any more.",
        request={"multipart/form-data": UPLOAD},
        responses={
            201: AttachmentView,
            400: error("Executable files cannot be attached.", "attachment_refused", file="…"),
            413: error("The file must not exceed 10 MB.", "attachment_too_large", file="…"),
            422: error(
                "This service has reached its limit of 1,024 MB of attachments.",
                "attachments_full",
                file="…",
            ),
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        _require_length(request)
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise InvalidFields({"file": "The multipart part `file` is required."})
        stored = attachments.attachment_add(
            service_id=cast(Caller, request.user).service_id,
            name=file.name or "",
            content_type=file.content_type or "",
            content=file.read(),
            now=now(),
        )
        return answer(_view(stored), 201)


class OneAttachment(APIView):
    required_scope = {"GET": Scope.READ, "DELETE": Scope.SEND}

    @extend_schema(
        tags=TAGS,
        operation_id="attachments_get",
        summary="Get an attachment",
        responses={200: AttachmentView, 404: GONE, **KEY_ERRORS},
    )
    def get(self, request: Request, attachment_id: UUID) -> HttpResponse:
        service_id = cast(Caller, request.user).service_id
        found = attachments.attachment_get(
            service_id=service_id, attachment_id=attachment_id, now=now()
        )
        if found is None:
            raise _gone()
        return answer(_view(found))

    @extend_schema(
        tags=TAGS,
        operation_id="attachments_remove",
        summary="Delete an attachment",
        description="Messages that use it and have not been sent yet will fail.",
        responses={204: None, 404: GONE, **KEY_ERRORS},
    )
    def delete(self, request: Request, attachment_id: UUID) -> HttpResponse:
        service_id = cast(Caller, request.user).service_id
        if not attachments.attachment_remove(service_id=service_id, attachment_id=attachment_id):
            raise _gone()
        return HttpResponse(status=204)


def _require_length(request: Request) -> None:
    """Django's form parser reads nothing without one."""
    if not (request.META.get("CONTENT_LENGTH") or "").isdecimal():
        message = "The `Content-Length` header is required."
        raise ApiError(411, "length_required", message, {"Content-Length": message})


def _view(stored: attachments.Stored) -> AttachmentView:
    return AttachmentView(
        id=str(stored.id),
        name=stored.name,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256.hex(),
        expires_at=stored.expires_at,
    )


def _gone() -> ApiError:
    return not_found("id", "Attachment not found.")
