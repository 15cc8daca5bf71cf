"""Every answer of the API in a test is held against the OpenAPI document: its status is listed
there, its media type, and its body is what the schema of that status says."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from drf_spectacular.generators import SchemaGenerator

PARAMETER = re.compile(r"\{[^}]*\}")


@cache
def document() -> dict[str, Any]:
    generator = SchemaGenerator(urlconf="notifyproj.urls")  # type: ignore[no-untyped-call]
    made = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return dict(json.loads(json.dumps(made)))


@cache
def places() -> list[tuple[re.Pattern[str], str]]:
    """Those without parameters first: a list is not a thing with that name."""
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(PARAMETER.sub("[^/]+", path)), path) for path in paths]


def problems(method: str, path: str, response: Any) -> list[str]:
    """What the document does not say of this answer, in words."""
    found = next((at for pattern, at in places() if pattern.fullmatch(path)), None)
    operation = document()["paths"].get(found, {}).get(method.lower())
    if found is None or operation is None:
        return []  # no such route or method, which nobody could document
    name = f"{method} {found} {response.status_code}"
    documented = operation["responses"].get(str(response.status_code))
    if documented is None:
        return [f"{name} is not documented"]
    return [f"{name}: {problem}" for problem in _of_body(documented, name, response)]


def _of_body(documented: dict[str, Any], name: str, response: Any) -> Iterator[str]:
    content = documented.get("content") or {}
    if not content:
        if response.streaming or response.content:
            yield "has a body"
        return
    kind = response.headers.get("content-type", "").partition(";")[0]
    if kind not in content:
        yield f"is of type {kind}"
    elif kind == "application/json" and not response.streaming:
        for error in _validator(name, kind).iter_errors(json.loads(response.content)):
            yield f"{list(error.instance_path)}: {error.message[:300]}"


@cache
def _validator(name: str, kind: str) -> Any:
    method, path, status = name.split(" ")
    operation = document()["paths"][path][method.lower()]
    schema = operation["responses"][status]["content"][kind]["schema"]
    whole = {**schema, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
