"""Every extension point is in the table of docs/design.md, and some room has registered a part."""

import re
import sys
from pathlib import Path

from notifyproj.core.extension_point import ExtensionPoint

ROOT = Path(__file__).parents[2]
ROOMS = ("channels", "notifications", "notifyproj", "preferences", "templates")
ROW = re.compile(r"^\| `(\w+)` in `([\w/]+)\.py` \|", re.MULTILINE)


def declared() -> dict[str, ExtensionPoint[object]]:
    """By `module.name`, where they are declared: what imports one has it, too."""
    lines = {
        f"{name}.{variable}": value
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in ROOMS
        for variable, value in vars(module).items()
        if isinstance(value, ExtensionPoint)
        and f"\n{variable}: ExtensionPoint" in Path(str(module.__file__)).read_text("utf-8")
    }
    assert len({id(value) for value in lines.values()}) == len(lines)
    return lines


def test_every_extension_point_is_in_the_table_of_the_design() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    listed = {f"{path.replace('/', '.')}.{name}" for name, path in ROW.findall(text)}
    assert listed == set(declared())


def test_every_extension_point_has_a_part() -> None:
    assert [name for name, point in declared().items() if not list(point)] == []
