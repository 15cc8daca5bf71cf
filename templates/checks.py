"""System checks of stored templates: `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, transaction

from templates.versions.partly_enforced import partly_enforced

HINT = "Publish a version whose schema keeps the limits in docs/templates.md"


@register(Tags.database)
def check_schemas(app_configs: Any, databases: Any = None, **_: Any) -> Sequence[CheckMessage]:
    if not databases:
        return []
    try:
        with transaction.atomic():
            found = list(partly_enforced())
    except DatabaseError:  # before the first `migrate`
        return []
    return [
        Warning(f"The schema of {name} is enforced without: {left_out}", HINT, id="notify.W004")
        for name, left_out in found
    ]
