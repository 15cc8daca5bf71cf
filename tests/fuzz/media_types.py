"""How schemathesis writes bodies that are not JSON; loaded by the name in SCHEMATHESIS_HOOKS."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv")
def lines(context: Any, value: Any) -> bytes:
    """Returns a list as a line each, and anything else as it is."""
    rows = value if isinstance(value, list) else [value]
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode(
        "utf-8", "surrogatepass"
    )
