"""Code that our documents hand out has to work as it stands there."""

import re
import time
from pathlib import Path
from typing import Any

from channels import standard_webhooks

DOCS = Path(__file__).parents[1] / "docs"


def test_the_signature_check_without_a_library_takes_ours_and_no_other() -> None:
    text = (DOCS / "status-events.md").read_text(encoding="utf-8")
    code = next(c for c in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def " in c)
    names: dict[str, Any] = {}
    exec(code, names)
    new, old = standard_webhooks.new_secret(), standard_webhooks.new_secret()
    headers = standard_webhooks.headers([new, old], "id-1", int(time.time()), b"{}")

    assert names["is_ours"](new, headers, b"{}")
    assert names["is_ours"](old, headers, b"{}")
    assert not names["is_ours"](new, headers, b"{ }")
    assert not names["is_ours"](standard_webhooks.new_secret(), headers, b"{}")
