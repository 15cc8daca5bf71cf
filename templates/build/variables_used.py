"""Which variables a source uses, how deep, and whether it can do without them. Pure.

`{% for item in order.items %}{{ item.price }}{% endfor %}` uses `order.items[].price`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from templates.engine.tokens import PRINT, TAG, Token, segments

EACH = "[]"  # in a path: every element of a list
NOT_NAMES = frozenset("and else elif endfor endif false for if in is loop none not or true".split())
NOT_NAMES |= {"False", "None", "True"}
NUMERIC = frozenset({"currency", "number", "percent", "plural"})
TEMPORAL = frozenset({"date", "datetime", "time"})
PAIRS = frozenset({"items", "dictsort"})  # filters that take a record apart

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    path: Path
    line: int
    optional: bool = False
    kind: str = ""  # "array", "object", "numeric", "temporal", or unknown

    @property
    def name(self) -> str:
        """As in `order.items[].price`."""
        return ".".join(self.path).replace(f".{EACH}", EACH)


def uses(source: str) -> list[Use]:
    """In their order, those of loop variables by what they stand for. Raises NotAllowed."""
    found: list[Use] = []
    scopes: list[dict[str, Path | None]] = []
    for segment in segments(source):
        if segment.kind not in (PRINT, TAG):
            continue
        known = {name: path for scope in scopes for name, path in scope.items()}
        tokens = segment.tokens
        if segment.word == "for":
            names, rest = _target(tokens)
            over = _in(rest, segment.line, known, looped=True)
            element = _element(over[0] if over else None, names)
            own: dict[str, Path | None] = dict.fromkeys(names, element)
            scopes.append(own)
            found += [*over[:1], *_again(over[1:], own)]
        elif segment.word == "endfor" and scopes:
            scopes.pop()
        else:
            found += _in(tokens, segment.line, known)
    return [use for use in found if use.path]


def _target(tokens: list[Token]) -> tuple[list[str], list[Token]]:
    """`for key, value in rest`."""
    at = tokens.index(("name", "in")) if ("name", "in") in tokens else len(tokens)
    return [text for kind, text in tokens[1:at] if kind == "name"], tokens[at + 1 :]


def _element(looped: Use | None, names: list[str]) -> Path | None:
    if looped is None or not looped.path or looped.kind != "array" or len(names) != 1:
        return None
    return (*looped.path, EACH)


def _again(found: list[Use], own: Mapping[str, Path | None]) -> Iterator[Use]:
    """The condition of a loop speaks of its own variable."""
    for use in found:
        if use.path[0] not in own:
            yield use
        elif path := own[use.path[0]]:
            yield Use((*path, *use.path[1:]), use.line, use.optional, use.kind)


def _in(
    tokens: list[Token], line: int, known: Mapping[str, Path | None], *, looped: bool = False
) -> list[Use]:
    found = []
    at = 0
    while at < len(tokens):
        if not _is_variable(tokens, at):
            at += 1
            continue
        start, (path, at) = at, _path(tokens, at)
        first = looped and start == 0
        use = Use(_meant(path, known), line, _optional(tokens, at), _kind(tokens, at, first))
        if use.path or first:
            found.append(use)
    return found


def _is_variable(tokens: list[Token], at: int) -> bool:
    kind, text = tokens[at]
    if kind != "name" or text in NOT_NAMES:
        return False
    before = tokens[at - 1][1] if at else ""
    after = tokens[at + 1][1] if at + 1 < len(tokens) else ""
    is_test = before == "is" or (before == "not" and at > 1 and tokens[at - 2][1] == "is")
    return before not in ("|", ".") and not is_test and after != "="


def _path(tokens: list[Token], at: int) -> tuple[Path, int]:
    """`a.b["c"][0]`, as far as it is said, and where it ends."""
    path = [tokens[at][1]]
    at += 1
    while at + 1 < len(tokens):
        if tokens[at][1] == "." and tokens[at + 1][0] == "name":
            path.append(tokens[at + 1][1])
            at += 2
        elif tokens[at][1] == "[" and [t for _, t in tokens[at + 2 : at + 3]] == ["]"]:
            kind, text = tokens[at + 1]
            if kind not in ("string", "number"):
                break
            path.append(text[1:-1] if kind == "string" else EACH)
            at += 3
        else:
            break
    return tuple(path), at


def _meant(path: Path, known: Mapping[str, Path | None]) -> Path:
    """() for what nothing is known of, such as a loop over a computed list."""
    if path[0] not in known:
        return path
    stands_for = known[path[0]]
    return (*stands_for, *path[1:]) if stands_for else ()


def _optional(tokens: list[Token], at: int) -> bool:
    after = [text for _, text in tokens[at : at + 3]]
    asks = after[:2] in (["|", "default"], ["|", "d"], ["is", "defined"])
    return asks or after == ["is", "not", "defined"]


def _kind(tokens: list[Token], at: int, looped: bool) -> str:
    filters = {t for (_, b), (_, t) in zip(tokens[at:], tokens[at + 1 :], strict=False) if b == "|"}
    if looped:
        return "object" if filters & PAIRS else "array"
    next_filter = tokens[at + 1][1] if [t for _, t in tokens[at : at + 1]] == ["|"] else ""
    if next_filter in NUMERIC:
        return "numeric"
    return "temporal" if next_filter in TEMPORAL else ""
