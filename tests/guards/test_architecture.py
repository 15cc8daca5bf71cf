"""The house's rules that no linter knows; which room may import which, `lint-imports` proves."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(__file__).parents[2]
ROOMS = ("channels", "notifications", "notifyproj", "preferences", "templates")
OURS = (*ROOMS, "bench", "tests")
LONGEST_FILE = 300  # lines; the aim is 250
LONGEST_FUNCTION = 60  # lines; the aim is 40
CATCH_ALLS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
SHIPPED = (*ROOMS, "bench")
MOST_POSITIONAL = 5  # parameters of a function, without `self`
MOST_VALUES = 4  # of a value that is built
RECEIVERS = {"self", "cls"}
COMPOSITION = {"settings.py", "live_settings.py", "urls.py", "live_urls.py"}


def files(folders: tuple[str, ...] = OURS) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def classes(path: Path) -> Iterator[ast.ClassDef]:
    yield from (node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))


def called(call: ast.Call) -> str:
    """The last part of its name: `Row` of `rows.Row(…)`."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """What happens when the module is imported: everything but the insides of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (part for default in child.args.defaults for part in ast.walk(default))
        else:
            yield child
            yield from run_on_import(child)


def pure_modules() -> list[str]:
    """Those the import contract calls pure, packages with all that is in them."""
    contract = next(c for c in contracts() if c["name"].startswith("What is pure"))
    names: list[str] = contract["source_modules"]
    found = []
    for name in names:
        path = ROOT.joinpath(*name.split("."))
        found += (
            [name] if not path.is_dir() else [f"{name}.{file.stem}" for file in path.glob("*.py")]
        )
    return sorted(name.removesuffix(".__init__") for name in found)


def contracts() -> list[dict[str, Any]]:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    return list(tools["importlinter"]["contracts"])


def test_no_file_is_too_long_to_read() -> None:
    lengths = {shown(path): path.read_text(encoding="utf-8").count("\n") for path in files()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long_to_read() -> None:
    lengths = {
        f"{shown(path)}:{each.name}": (each.end_lineno or 0) - each.lineno + 1
        for path in files()
        for each in functions(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_no_function_takes_more_than_five_parameters_by_their_position() -> None:
    many = {}
    for path in files(SHIPPED):
        for each in functions(path):
            names = [one.arg for one in (*each.args.posonlyargs, *each.args.args)]
            many[f"{shown(path)}:{each.name}"] = len([n for n in names if n not in RECEIVERS])
    assert {name: count for name, count in many.items() if count > MOST_POSITIONAL} == {}


def test_no_value_is_built_from_more_than_four_arguments_by_their_position() -> None:
    """Who reads `Row(1, 2, None, "", 0, now)` has to count."""
    ours = {each.name for path in files(SHIPPED) for each in classes(path)}
    long = [
        f"{shown(path)}:{call.lineno}"
        for path in files(SHIPPED)
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call) and called(call) in ours and len(call.args) > MOST_VALUES
    ]
    assert long == []


def test_every_file_says_by_its_name_what_is_in_it() -> None:
    names = {path: CATCH_ALLS & {path.stem, *path.parts} for path in files()}
    assert [shown(path) for path, found in names.items() if found] == []


def test_nothing_reads_settings_while_it_is_imported() -> None:
    reading = [
        f"{shown(path)}:{node.lineno}"
        for path in files(ROOMS)
        if path.name not in COMPOSITION
        for node in run_on_import(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr.isupper()) == ("settings", True)
    ]
    assert reading == []


# They use the labels of `statuses`, which are Django's, and nothing else of it.
LABELLED = {
    "notifications.analytics.figures",
    "notifications.analytics.latency",
    "notifications.analytics.measure_names",
    "notifications.counters.cells",
    "notifications.statuses",
}


def test_no_group_of_a_pattern_is_possessive() -> None:
    """Python before 3.11.5, which Debian 12 has, gets it wrong (gh-106052)."""
    possessive = re.compile(r"\)[*+?]\+")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files(ROOMS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        if "(?" in (text := str(node.value)) and possessive.search(text)
    ]
    assert found == []


def test_a_pure_module_needs_no_django() -> None:
    """Imported one after the other in one process: the first that brings Django is named."""
    modules = [name for name in pure_modules() if name not in LABELLED]
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        "    assert 'django' not in sys.modules, name"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_room_is_under_the_import_contracts() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert set(tools["importlinter"]["root_packages"]) == set(ROOMS)


def test_pages_do_not_live_in_a_python_package() -> None:
    """With `DIRS=[BASE_DIR / "templates"]`, get_template("models.py") would serve our source."""
    engines: list[dict[str, Any]] = settings.TEMPLATES
    folders = [Path(folder) for engine in engines for folder in engine["DIRS"]]
    assert [str(folder) for folder in folders if list(folder.rglob("*.py"))] == []
