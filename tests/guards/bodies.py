"""Bodies of requests made from the OpenAPI document, and what somebody hostile makes of them."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

MOST_LEVELS = 4
SAMPLES: dict[str, Any] = {
    "uuid": "01a2231f-2b01-788e-b331-8775caafe76d",
    "date-time": "2026-11-22T09:00:00Z",
    "date": "2026-11-22",
    "time": "09:00",
    "uri": "https://shop.example/x",
    "email": "ada@example.com",
}
KNOWN: dict[str, Any] = {
    "type": "order_confirmed",
    "user_id": "user-123",
    "channel": "push",
    "locale": "de",
    "slug": "made",
    "timezone": "Europe/Vienna",
    "template": "order",
    "channels": ["push"],
}
# As they stand in a body; what `json.dumps` would not write is written here.
VALUES = (
    *("null", "true", "-1", "0", "1.5", "1e999", "-1e999", "NaN", "Infinity", "-0", "1" * 400),
    *("9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e-400", "1E400"),
    *('""', '" "', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\ud800"', '"\\u202e\\ufeff"'),
    *('"' + "x" * 70_000 + '"', '"%00"', '"../../etc/passwd"', '"\'; DROP TABLE x; --"'),
    *("[]", "{}", "[[]]", "[null]", '[""]', "[{}]", '{"":1}', '{"\\u0000":1}', '{"\\ud800":1}'),
    *(
        '{"a":1,"a":2}',
        "[" * 60 + "]" * 60,
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 70 + "1" + "}" * 70,
    ),
    *("[" + "1," * 9_999 + "1]", "[" + '"a",' * 9_999 + '"a"]', '{"$ref":"#"}', '"0001-01-01"'),
    *('"9999-12-31T23:59:59.999999Z"', '"-0001-01-01T00:00:00Z"', '"24:00"', '"+00"', '"{{ a }}"'),
    *('"\\\\x00"', '"\u0661\u0662"', '"\U0001f469\u200d\U0001f469"', "undefined", '"'),
)
WHOLE = (
    *(
        b"",
        b"null",
        b"[]",
        b"{}",
        b"1",
        b'"x"',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"\0",
        b"{" * 9_999,
    ),
    *(b'{"a":1}{"a":2}', b'{"a":1,}', b"[" * 60 + b"]" * 60, b"{}\n{}", b"\xed\xa0\x80", b"NaN"),
    *(b'{"' + b"x" * 200_000 + b'":1}', b'{"a":' + b"9" * 200_000 + b"}", b'{"\\ud800":"\\udfff"}'),
    *(
        b"{" + b",".join(b'"%d":1' % n for n in range(50_000)) + b"}",
        b"[" + b"{}," * 50_000 + b"{}]",
    ),
)
HOLE = "\x01hole\x01"


@cache
def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def operations() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Method, path, operation, and the JSON Schema of its body."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield method, path, operation, content["application/json"]["schema"]


def bodies(schema: dict[str, Any]) -> Iterator[bytes]:
    """A sample in which one value after another is a hostile one."""
    yield from WHOLE
    sample = _sample(schema, 0)
    for holed in _holed(sample):
        text = json.dumps(holed)
        for value in VALUES:
            yield text.replace(json.dumps(HOLE), value).encode("utf-8", "surrogatepass")


def _sample(schema: dict[str, Any], level: int, name: str = "") -> Any:
    schema = _resolved(schema)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if name in KNOWN and kind in ("string", "array"):
        return KNOWN[name]
    if "enum" in schema:
        return schema["enum"][0]
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        named = schema.get("properties", {}) if level < MOST_LEVELS else {}
        return {name: _sample(inner, level + 1, name) for name, inner in named.items()} or {"a": 1}
    if kind == "array":
        return [_sample(schema.get("items", {}), level + 1)]
    return {"integer": 1, "number": 1.5, "boolean": True}.get(
        kind, SAMPLES.get(schema.get("format", ""), "x")
    )


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while True:
        if "$ref" in schema:
            schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif found := next((schema[k] for k in ("allOf", "anyOf", "oneOf") if k in schema), None):
            schema = next((one for one in found if one.get("type") != "null"), {})
        else:
            return schema


def _holed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {**value, name: HOLE}
            for holed in _holed(inner):
                yield {**value, name: holed}
    elif isinstance(value, list) and value:
        yield [HOLE, *value[1:]]
        for holed in _holed(value[0]):
            yield [holed, *value[1:]]
