"""The tree explains the system: folders that fit in the eye, imports between them in one direction,
files that can be read, and names that are nouns."""

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("bench", "channels", "notifications", "notifyproj", "preferences", "templates")
MOST_MODULES = 20
LONGEST_FILE = 250  # lines

# What Django and Celery find by its name in the folder of an app. It puts the rooms below together,
# so it imports from them; `models` has to stay there too, and every room of the app imports it.
WIRING = {"admin", "apps", "checks", "live_settings", "live_urls", "settings", "tasks", "urls"}
KEPT_FOLDERS: dict[str, str] = {}
KEPT_FILES = {
    "channels.base": "the values that pass between the pipeline and the adapters, on one page",
    "notifications.campaigns.models": "Django finds the models of an app in one module",
    "notifyproj.settings": "an operator reads all settings on one page",
    "preferences.models": "Django finds the models of an app in one module",
}
KEPT_NAMES: dict[str, str] = {}


def modules() -> dict[str, Path]:
    """Each module by its dotted name; migrations and commands are named by Django."""
    paths = (path for room in OURS for path in (ROOT / room).rglob("*.py"))
    ours = [path for path in paths if not {"migrations", "management"} & set(path.parts)]
    return {dotted(path): path for path in ours}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def folder(path: Path) -> str:
    return str(path.parent.relative_to(ROOT))


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in names)


def folder_imports() -> dict[str, set[str]]:
    """Which folders each folder imports from, without the wiring of an app and its models."""
    known, found = modules(), dict[str, set[str]]()
    for path in known.values():
        if path.stem not in WIRING:
            targets = (known[name] for name in imported(path, known) if name in known)
            others = {folder(each) for each in targets if each.stem != "models"}
            found.setdefault(folder(path), set()).update(others - {folder(path)})
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Folders that import each other, straight or by way of others."""
    left = {name: targets & graph.keys() for name, targets in graph.items()}
    while ends := {name for name, targets in left.items() if not targets}:
        left = {name: targets - ends for name, targets in left.items() if name not in ends}
    return sorted(left)


def test_no_folder_holds_more_modules_than_the_eye_takes_in() -> None:
    counts = Counter(folder(path) for path in modules().values() if path.stem != "__init__")
    many = {name for name, count in counts.items() if count > MOST_MODULES}
    assert many == KEPT_FOLDERS.keys()


def test_folders_do_not_import_each_other() -> None:
    assert circle(folder_imports()) == []


def test_no_file_takes_more_than_two_hundred_and_fifty_lines() -> None:
    files = modules().items()
    lengths = {name: path.read_text(encoding="utf-8").count("\n") for name, path in files}
    assert {name for name, lines in lengths.items() if lines > LONGEST_FILE} == KEPT_FILES.keys()


def test_no_module_is_named_by_what_it_is_doing() -> None:
    assert {name for name in modules() if name.endswith("ing")} == KEPT_NAMES.keys()


def test_no_two_modules_of_a_folder_differ_by_their_ending_alone() -> None:
    """`record`, `recorder` and `records` side by side tell nobody apart."""
    folders = groupby(sorted(modules().values()), key=folder)
    stems = {name: sorted(path.stem for path in paths) for name, paths in folders}
    assert [
        f"{name}: {one}, {other}"
        for name, names in stems.items()
        for one in names
        for other in names
        if other in {f"{one}s", f"{one}er", f"{one}ed"}
    ] == []
