"""What a room offers to others says in a sentence what it does."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.guards.test_rooms import ROOT, modules

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> tuple[str, ...]:
    """`notifications/accept` for what is in it; `channels` for a module at its top."""
    return path.relative_to(ROOT).parts[:-1][:2]


def used(path: Path, known: dict[str, Path]) -> Iterator[tuple[Path, str]]:
    """Names of other modules that one uses: imported, or by way of the imported module."""
    nodes = list(ast.walk(tree_of(path)))
    whole: dict[str, Path] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if place := known.get(f"{node.module}.{alias.name}"):
                    whole[alias.asname or alias.name] = place
                elif node.module in known:
                    yield known[node.module], alias.name
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place = whole.get(node.value.id)
            if place is not None:
                yield place, node.attr


def silent(path: Path) -> set[str]:
    """Functions of a module that say nothing of themselves."""
    functions = (node for node in tree_of(path).body if isinstance(node, Function))
    return {node.name for node in functions if not ast.get_docstring(node)}


def test_every_function_that_another_room_imports_has_a_docstring() -> None:
    known = modules()
    pairs = {
        (place, name)
        for path in known.values()
        for place, name in used(path, known)
        if room(place) != room(path)
    }
    found = sorted(f"{p.relative_to(ROOT)}: {name}" for p, name in pairs if name in silent(p))
    assert found == [], "say what they take, return and raise"
