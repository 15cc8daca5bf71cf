"""Text that people write neither crashes, freezes nor fills the process that reads it."""

import time
import tomllib
from typing import Any

import pytest

from templates.build.build import build
from templates.build.files import NotReadable, from_files
from templates.build.schema_rules import depth_over
from templates.build.validate import InvalidSchema, Validator
from templates.engine.language import MAX_SOURCE, read
from templates.engine.render import Compiled, RenderFailed, render
from templates.engine.tokens import NotAllowed

CHAINS = {
    "minus": "{{ " + "-" * 40_000 + "1 }}",
    "not": "{{ " + "not " * 20_000 + "a }}",
    "filters": "{{ a" + "|abs" * 12_000 + " }}",
    "index": "{{ a" + "[0]" * 20_000 + " }}",
    "attributes": "{{ a" + ".a" * 20_000 + " }}",
    "joined": "{{ a" + " ~ a" * 400 + " }}",
    "added": "{{ a" + " + a" * 400 + " }}",
    "and": "{{ a" + " and a" * 10_000 + " }}",
    "compared": "{{ a" + " < a" * 10_000 + " }}",
    "tests": "{{ a" + " is defined" * 8_000 + " }}",
    "choices": "{{ a" + " if a else a" * 7_000 + " }}",
    "parentheses": "{{ " + "(" * 40_000 + "a" + ")" * 40_000 + " }}",
    "brackets": "{{ " + "a[" * 20_000 + "0" + "]" * 20_000 + " }}",
    "arguments": "{{ " + "a|default(" * 5_000 + "a" + ")" * 5_000 + " }}",
    "elif": "{% if a %}" + "{% elif a %}" * 7_000 + "{% endif %}",
    "if": "{% if a %}" * 4_000 + "{% endif %}" * 4_000,
    "for": "{% for a in a %}" * 3_000 + "{% endfor %}" * 3_000,
}


@pytest.mark.parametrize("source", CHAINS.values(), ids=CHAINS.keys())
def test_no_chain_is_too_long_to_be_refused(source: str) -> None:
    with pytest.raises(NotAllowed):
        read(source)


@pytest.mark.parametrize("source", CHAINS.values(), ids=CHAINS.keys())
def test_a_text_stored_before_there_were_limits_fails_its_own_field(source: str) -> None:
    version = Compiled({"sms": {"default": {"body": source}}})
    with pytest.raises(RenderFailed, match="body"):
        render(version, "sms", "", {"a": 1})
    assert version.supplied("sms") == frozenset()


@pytest.mark.parametrize(
    "source",
    [
        "{% if n == 1 %}a"
        + "".join(f"{{% elif n == {n} %}}b" for n in range(2, 60))
        + "{% endif %}",
        "{{ a" + " ~ ' ' ~ a" * 10 + " }}",
        "{{ order.customer.address.city.name.short|default('سلام')|upper|trim }}",
    ],
)
def test_what_people_do_write_is_read(source: str) -> None:
    read(source)


def test_the_longest_text_is_read_in_no_time() -> None:
    start = time.perf_counter()
    read(("{% if a %}{{ a.b|upper }}{% endif %}" * MAX_SOURCE)[: MAX_SOURCE // 36 * 36])
    assert time.perf_counter() - start < 5


MJML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
    "</mj-body></mjml>"
)


@pytest.mark.parametrize(
    "mjml",
    [
        MJML.format('<b a="/>">' * 3_000 + "</b>" * 3_000),
        MJML.format("<b a='/>'>" * 3_000 + "</b>" * 3_000),
        MJML.format('<b a="/>" c>' * 3_000 + "</b>" * 3_000),
        MJML.format("<BR>" * 3_000 + "</BR>" * 3_000),
        "<mjml><mj-body>" + "<mj-wrapper>" * 3_000 + "</mj-wrapper>" * 3_000 + "</mj-body></mjml>",
        MJML.format("<a " * 30_000),
        MJML.format("<!--" * 20_000),
    ],
    ids=["quoted", "apostrophes", "bare", "upper", "wrappers", "open", "comments"],
)
def test_mjml_that_nests_without_end_is_a_problem_of_its_field(mjml: str) -> None:
    found = build({"email": {"default": {"subject": "s", "mjml": mjml, "text": "t"}}}, {}).problems
    assert [problem.field for problem in found] == ["mjml"]


def test_a_bracket_in_an_attribute_is_no_end() -> None:
    mjml = MJML.format('<b title="a > b">x</b>')
    assert build({"email": {"default": {"subject": "s", "mjml": mjml}}}, {}).problems == []


RECURSIVE = {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "array", "items": {"$ref": "#/$defs/a"}}]}


def _nested(keyword: str, depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        rule = {keyword: [rule, rule]} if keyword.endswith("Of") else {keyword: rule}
    return rule


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": RECURSIVE}},
            "refers to itself",
        ),
        ({"properties": {"a": {"$ref": "#"}}}, "in the schema only"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "in the schema only"),
        (
            {
                "$defs": {
                    f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(15)
                }
                | {"d15": {"type": "string"}},
                "items": {"$ref": "#/$defs/d0"},
            },
            "rules",
        ),
        ({"properties": {"a": _nested("items", 100)}}, "levels deep|too deeply"),
        ({"properties": {"a": _nested("oneOf", 10)}}, "rules"),
        ({"properties": {"a": _nested("not", 60)}}, "one value|levels deep|too deeply"),
        ({"properties": {"a": {"enum": list(range(5_000))}}}, "options"),
        ({"properties": {"a": {"pattern": "(a{100}){100}"}}}, "not a valid JSON Schema"),
        ({"patternProperties": {f"a{n}": {} for n in range(30)}}, "patterns"),
        ({"unevaluatedProperties": False}, "is not supported"),
        ({"properties": {"a": {"$dynamicRef": "#a"}}}, "is not supported"),
        ({"properties": {f"a{n}": {"type": "string"} for n in range(3_000)}}, "Too large|rules"),
    ],
)
def test_a_schema_whose_cost_has_no_bound_is_refused(rule: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidSchema, match=why):
        Validator({"type": "object", **rule})


def test_a_definition_may_be_used_in_many_places() -> None:
    address = {"type": "object", "properties": {"city": {"type": "string"}}}
    used = {name: {"$ref": "#/$defs/address"} for name in ("from", "to", "via")}
    found = Validator({"type": "object", "$defs": {"address": address}, "properties": used})
    assert found.errors({"to": {"city": 3}}) == {"to.city": "Must be a string."}


def test_a_large_list_against_many_rules_names_its_variable_at_once() -> None:
    rule = {"items": {"anyOf": [{"type": "string"}] * 40}}
    found = Validator(
        {"type": "object", "properties": {"list": rule, "b": {}}, "required": ["b", "c"]}
    )
    start = time.perf_counter()
    errors = found.errors({"list": [1] * 20_000, "b": 1})
    assert time.perf_counter() - start < 2
    assert errors == {
        "c": "This field is required.",
        "list": "Does not match the schema of the template.",
    }


@pytest.mark.parametrize(
    "head",
    [
        "a" + ".a" * 30_000 + ' = "x"',
        "a = " + "[" * 40_000,
        "[[a]]\n" * 15_000,
        "a = {" + "b = {" * 10_000,
        "[" + "a." * 40_000 + "a]",
        'description = """' + "x" * 200_000 + '"""',
        'name = "a\0b"',
        "name = " + "9" * 90_000,
    ],
    ids=["dots", "arrays", "tables", "inline", "table", "long", "nul", "number"],
)
def test_a_head_that_would_be_read_for_minutes_is_refused(head: str) -> None:
    with pytest.raises(NotReadable, match=r"order/template\.toml"):
        from_files({"order/template.toml": head})


@pytest.mark.parametrize(
    "start", ['"' + '\\"' * 49_000, '"""' + '\\"' * 49_000, "'''" + "'a" * 49_000, '"\\' * 49_000]
)
@pytest.mark.timeout(20)
def test_a_head_with_a_text_that_never_ends_is_refused_at_once(start: str) -> None:
    with pytest.raises(NotReadable):
        from_files({"order/template.toml": f"name = {start}"})


@pytest.mark.parametrize(
    "text",
    [
        '"a [b] \\" [c]"',
        "'a\\' # [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        '"""[a] "" \\""" [b] """',
        "'''it's [a] '' [b]'''",
        '"""a""""',
        '""  # "',
    ],
)
def test_brackets_in_texts_of_every_kind_are_text(text: str) -> None:
    filled = text.replace("[", "[" * 30).replace("]", "]" * 30)
    (folder,) = from_files({"order/template.toml": f'name = {filled}\nkind = "message"\n'})
    assert folder.name == tomllib.loads(f"name = {filled}")["name"]


def test_dots_and_brackets_in_a_description_are_text() -> None:
    words = "See [docs]... e.g. {this}. " * 50
    head = f'name = "Order"\ndescription = """\n{words}"""\n'
    assert from_files({"order/template.toml": head})[0].description == words


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a": ' + "[" * 100 + "]" * 100 + "}",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        '{"a": ' + "9" * 50_000 + "}",
    ],
    ids=["deep", "deeper", "nan", "infinity", "nul", "surrogate", "number"],
)
@pytest.mark.parametrize("name", ["schema.json", "sample.json"])
def test_json_that_cannot_be_stored_is_refused(name: str, text: str) -> None:
    with pytest.raises(NotReadable, match=name):
        from_files({f"order/{name}": text})


def test_depth_is_found_without_descending() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert depth_over(deep, 64)
    assert not depth_over([[1], {"a": [2]}], 3)
    while deep:  # taken apart, or the interpreter itself would descend
        deep = deep[0]
