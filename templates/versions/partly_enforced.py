"""Published versions whose schema is from before there were bounds, and enforced in part."""

from collections.abc import Iterator
from typing import Any

from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from templates.build.enforceable import enforceable
from templates.build.validate import InvalidSchema, Validator
from templates.models import TemplateVersion

ALERT, TITLE = "template-schemas", "Schemas of some templates are enforced in part"
CHUNK = 100  # versions read at a time


def partly_enforced() -> Iterator[tuple[str, str]]:
    """The name of each, and which of its rules nobody is held to."""
    rows = TemplateVersion.objects.filter(published_at__isnull=False, accepts__isnull=False)
    fields = rows.order_by("template__slug", "number").values_list(
        "template__slug", "number", "accepts"
    )
    accepts: Any
    for slug, number, accepts in fields.iterator(chunk_size=CHUNK):
        try:
            Validator(accepts)
        except InvalidSchema:
            yield f"{slug}-v{number}", str(enforceable(accepts))


def alert() -> None:
    """Raised or resolved, by what is stored now."""
    found = [f"{name}: {left_out}" for name, left_out in partly_enforced()]
    if not found:
        return alert_resolve(key=ALERT)
    return alert_raise(key=ALERT, title=TITLE, detail="\n".join(found))
