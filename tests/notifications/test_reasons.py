"""Every reason a message can have is explained to those who read it."""

import re
from pathlib import Path

from notifications.reasons import REASONS

DOCS = Path(__file__).parents[2] / "docs" / "explain.md"


def test_every_reason_is_in_the_document_and_no_other() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## Reasons")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*)\|", table, re.MULTILINE)
    explained = {code for cell in first_cells for code in re.findall(r"`(\w+)`", cell)}

    assert explained == REASONS.keys() - {""}
