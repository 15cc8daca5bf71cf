"""Requests and responses of the API, declared once: checked by msgspec and shown in the OpenAPI."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from channels.base import Channel
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import InvalidFields

Slug = Annotated[str, Meta(min_length=1, max_length=120)]
UserId = Annotated[str, Meta(min_length=1, max_length=200)]
Key = Annotated[str, Meta(min_length=1, max_length=200)]


class SendRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Exactly one of `user_id` and `user_ids` is required."""

    type: Slug
    user_id: UserId | None = None
    user_ids: Annotated[list[UserId], Meta(min_length=1, max_length=1000)] | None = None
    template_id: Slug | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    priority: Literal["high", "normal", "low"] = "normal"
    channels: Annotated[list[Channel], Meta(min_length=1, max_length=len(Channel))] | None = None
    scheduled_at: datetime | None = None
    expires_at: datetime | None = None
    ttl_seconds: Annotated[int, Meta(ge=1, le=604_800)] | None = None
    collapse_key: Annotated[str, Meta(max_length=200)] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    attachments: Annotated[list[UUID], Meta(max_length=20)] = field(default_factory=list)
    idempotency_key: Key | None = None


# They are decoded one by one, as an invalid one must not affect the others; the schema of each is
# documented all the same.
EACH = {"items": {"$ref": "#/components/schemas/SendRequest"}}


class BatchRequest(Struct, forbid_unknown_fields=True):
    """Up to 1,000 requests; each has its own result."""

    notifications: Annotated[list[Any], Meta(min_length=1, max_length=1000, extra_json_schema=EACH)]


class Warned(Struct):
    code: str
    message: str


class Accepted(Struct):
    """An accepted request. `priority`: the one in effect, which may be lower than requested."""

    id: str
    status: Literal["accepted", "scheduled"]
    type: str
    template: str
    priority: Literal["high", "normal", "low"]
    recipients: int
    scheduled_at: datetime | None
    expires_at: datetime
    warnings: list[Warned]


def parse_each(values: list[Any]) -> list[SendRequest | InvalidFields]:
    """Each item of a batch by itself: the request, or what is wrong with it."""
    parsed: list[SendRequest | InvalidFields] = []
    for value in values:
        try:
            parsed.append(convert(value, SendRequest))
        except InvalidFields as error:
            parsed.append(error)
    return parsed
