"""What drf-spectacular has to be told: our structs, our keys, and errors every route can give.

Imported by urls.py, so not by workers; the classes register themselves.
"""

from typing import Any

import msgspec
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

LIMIT = OpenApiParameter("limit", int, description="Between 1 and 200; default 50.")
CURSOR = OpenApiParameter("cursor", str, description="`next_cursor` of the previous page.")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="At most 190 characters, kept for 24 hours. The same key with the same body "
    "returns the first response (with `Idempotency-Replayed: true`); with a different body it is "
    "refused with 409.",
)


class ErrorDetail(msgspec.Struct):
    """`code` is stable, for programs; `message` is for people; `fields`: {name: what is wrong}."""

    code: str
    message: str
    fields: dict[str, str]


class Error(msgspec.Struct):
    error: ErrorDetail


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types
    target_class = "notifyproj.core.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key: `Authorization: Bearer nk_...` (or `X-Api-Key: nk_...`).",
        }


class StructSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the library has no types
    """The JSON schema of a msgspec struct is what decodes it, so the two cannot differ."""

    target_class = msgspec.Struct
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.__name__)

    def get_identity(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.__name__)  # nested structs are known by name only

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        _, components = msgspec.json.schema_components(
            [self.target], ref_template="#/components/schemas/{name}"
        )
        own: dict[str, Any] = for_generators(components.pop(self.target.__name__), direction)
        for name, schema in components.items():
            for_generators(schema, direction)
            component = ResolvedComponent(  # type: ignore[no-untyped-call]  # the library has no types
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema
            )
            auto_schema.registry.register_on_missing(component)
        return own


def for_generators(schema: dict[str, Any], direction: str) -> dict[str, Any]:
    """As generators of clients need it, changed in place.

    An object of which nothing more is said is one that holds nothing to them; and a property with
    a default one that has to be sent, so of requests the defaults are told in words.
    """
    schema.pop("title", None)  # that of the struct, which two components may share
    kinds = schema.get("type")
    says = {"properties", "additionalProperties", "$ref"} & schema.keys()
    if "object" in (kinds if isinstance(kinds, list) else [kinds]) and not says:
        schema["additionalProperties"] = True
    for name, inner in schema.get("properties", {}).items():
        if direction == "request" and "default" in inner:
            _tell_default(inner, inner.pop("default"))
        if direction == "response" and inner.get("deprecated"):  # a former name: always returned
            schema["required"].append(name)
    for inner in _inside(schema):
        for_generators(inner, direction)
    return schema


def _tell_default(schema: dict[str, Any], default: object) -> None:
    if default not in (None, "", [], {}):
        told = f"Default: `{msgspec.json.encode(default).decode()}`."
        schema["description"] = f"{schema.get('description', '')} {told}".lstrip()


def _inside(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that this one is made of."""
    one = [schema.get(name) for name in ("items", "additionalProperties", "not")]
    several = [schema.get(name) or [] for name in ("anyOf", "oneOf", "allOf", "prefixItems")]
    found = [*one, *schema.get("properties", {}).values(), *(s for list_ in several for s in list_)]
    return [each for each in found if isinstance(each, dict)]


def error(description: str, code: str, **fields: str) -> OpenApiResponse:
    """An error answer with an example, for `extend_schema(responses=...)`."""
    example = {"error": {"code": code, "message": description, "fields": fields}}
    return OpenApiResponse(
        Error,
        description,
        examples=[OpenApiExample(code, value=example, response_only=True)],
    )


KEY_ERRORS: dict[int, OpenApiResponse] = {
    401: error("The API key is missing, invalid or revoked.", "unauthenticated", Authorization="…"),
    403: error("The API key does not have the required scope.", "forbidden"),
    429: error("Too many requests; retry after `Retry-After` seconds.", "rate_limited"),
}
IDEMPOTENCY_CONFLICT = error(
    "This idempotency key was used with a different request body.", "idempotency_conflict"
)


def add_common_errors(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """A postprocessing hook: what every route of the API can return, whatever it is about."""
    for path, operations in result["paths"].items():
        if not path.startswith(PREFIXES):
            continue
        for operation in operations.values():
            common = ANY_ROUTE + (WITH_BODY if "requestBody" in operation else [])
            for status, text in common:
                operation["responses"].setdefault(status, _plain_error(text))
    return result


PREFIXES = ("/api/v1/", "/inbox/api/")
ANY_ROUTE = [
    ("400", "Invalid request; `fields` names what is wrong."),
    ("401", "The key or token is missing, invalid or expired."),
    ("503", "Unavailable for the moment: retry after `Retry-After` seconds."),
]
WITH_BODY = [
    ("408", "The request body did not arrive in time."),
    ("411", "The `Content-Length` header is missing."),
    ("413", "The request body is larger than 1 MB."),
    ("415", "The content type of the request body is not supported."),
]


def _plain_error(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
