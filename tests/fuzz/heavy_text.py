"""Texts that are well formed, nearly so, or far too much, the same ones for the same seed."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

SIZES = (0, 1, 2, 7, 31, 101, 301, 1_000, 5_000, 20_000)
LONGEST = 120_000
ATOMS = ("a", "1", "'x'", "a.b", 'a["b"]', "true", "none", "سلام", "person.id", "9" * 40)
FILTERS = ("abs", "upper", "sort", "unique", "join", "list", "default('x')", "replace('a', 'aa')")
UNARY = ("-", "not ", "(", "[")
BINARY = (" ~ ", " + ", " and ", " or ", " < ", " == ", " in ", " is ", ", ", " if a else ", "**")
TAGS = ("if a", "elif a", "else", "endif", "for a in a", "endfor", "include 'p'", "block b")
ELEMENTS = ("mj-wrapper", "mj-section", "mj-column", "mj-text", "mj-raw", "b", "br", "td", "a")
ATTRIBUTES = ("", ' a="/>"', " a='>'", " a=/", ' a="', " a", ' mj-class="x y"', ' a="&#x0;"')
RULES = ("anyOf", "allOf", "oneOf", "not", "items", "properties", "if", "contains", "prefixItems")
KEYS = ("a", '"a"', "'a'", "name", "a.a", '""', "description")


def template(seed: int) -> str:
    """A source of the engine's language."""
    return "".join(_pieces(Random(seed), _block))[:LONGEST]


def mjml(seed: int) -> str:
    rng = Random(seed)
    middle = "".join(_pieces(rng, _element))[:LONGEST]
    return middle if rng.random() < 0.2 else f"<mjml><mj-body>{middle}</mj-body></mjml>"


def schema(seed: int) -> dict[str, Any]:
    rng = Random(seed)
    found: dict[str, Any] = {"type": "object", "properties": {"a": _rule(rng, 0)}}
    found["$defs"] = {f"d{n}": _rule(rng, 0) for n in range(rng.choice((0, 1, 4)))}
    return found


def toml(seed: int) -> str:
    rng = Random(seed)
    return "\n".join(_pieces(rng, _line))[:LONGEST]


def document(seed: int) -> str:
    """Something like JSON."""
    rng = Random(seed)
    size = rng.choice(SIZES)
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
    value = rng.choice(("1", "NaN", "1e999", '"\\u0000"', '"\\ud800"', "9" * size, '"]]]"', ""))
    return f'{{"x": {opening * size}{value}{closing * rng.choice((size, size, size // 2))}}}'


GENERATORS: dict[str, Callable[[int], Any]] = {
    "template": template,
    "mjml": mjml,
    "schema": schema,
    "toml": toml,
    "document": document,
}


def _pieces(rng: Random, piece: Callable[[Random], str]) -> Iterator[str]:
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        yield piece(rng)


def _block(rng: Random) -> str:
    size, atom = rng.choice(SIZES), rng.choice(ATOMS)
    match rng.randrange(8):
        case 0:
            return "{{ " + rng.choice(UNARY) * size + atom + " }}"
        case 1:
            return "{{ " + atom + (rng.choice(BINARY) + rng.choice(ATOMS)) * size + " }}"
        case 2:
            return "{{ a" + ("|" + rng.choice(FILTERS)) * size + " }}"
        case 3:
            return "{{ a" + rng.choice(("[0]", ".a", "()", "[a", "|default(a")) * size + " }}"
        case 4:
            return "{{ " + "(" * size + atom + ")" * size + " }}"
        case 5:
            return ("{% " + rng.choice(TAGS) + " %}") * size + "{% endif %}" * size
        case 6:
            return rng.choice(("{{", "{%", "{#", "}}", "%}", "\0", "{{ '", "\u2028")) * size
        case _:
            return rng.choice(("Hello ", "\n", "سلام ", "👩‍👩‍👧 ")) * min(size, 300)


def _element(rng: Random) -> str:
    size, name = rng.choice(SIZES), rng.choice(ELEMENTS)
    opening = f"<{name}{rng.choice(ATTRIBUTES)}{rng.choice(('>', '>', '/>', ''))}"
    closing = f"</{name}>" * rng.choice((size, size, 0, size // 2))
    inside = rng.choice(("", "x", "&lol;", "<!--", "{{ a }}", "<![CDATA[", "<?x?>"))
    return opening * size + inside + closing


def _rule(rng: Random, depth: int) -> Any:
    if depth > rng.choice((1, 3, 8, 40)):
        return rng.choice((True, {}, {"type": "string"}, {"enum": list(range(rng.choice(SIZES)))}))
    keyword = rng.choice((*RULES, "$ref", "pattern", "unevaluatedItems"))
    if keyword == "$ref":
        return {"$ref": rng.choice(("#", "#/$defs/d0", "#/$defs/d1", "https://x.example/s"))}
    if keyword == "pattern":
        return {"pattern": rng.choice(("(a*)*b", "(a{100}){100}", "(?=a)", "(", r"\w+" * 50))}
    inner = [_rule(rng, depth + 1) for _ in range(rng.choice((1, 1, 2, 3)) if depth < 6 else 1)]
    if keyword in ("anyOf", "allOf", "oneOf", "prefixItems"):
        return {keyword: inner}
    if keyword == "properties":
        return {keyword: {f"p{n}": rule for n, rule in enumerate(inner)}}
    return {keyword: inner[0]}


def _line(rng: Random) -> str:
    size, key = rng.choice(SIZES), rng.choice(KEYS)
    match rng.randrange(6):
        case 0:
            return key + ".a" * size + ' = "x"'
        case 1:
            return f"{key} = " + "[" * size + "]" * size
        case 2:
            return f"[[{key}]]\n" * size
        case 3:
            return f"{key} = " + "{a = " * size
        case 4:
            return f"{key} = {json.dumps('.[{' * size)}"
        case _:
            return f"{key} = " + rng.choice(('"""', "'''", '"', "9", "\0", "#")) * size
