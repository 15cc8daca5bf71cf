"""Everything there is to say of a draft before it is published, by whoever can say it."""

from collections.abc import Callable, Mapping
from typing import Any

from notifyproj.core.extension_point import ExtensionPoint
from templates.build import build as building
from templates.build.flatten import Partials
from templates.build.schema_rules import DEEPEST_JSON, depth_over
from templates.checker import pool
from templates.engine.problem import Problem
from templates.fields import PARTIAL
from templates.review.examine import Draft as Draft
from templates.review.examine import Review as Review
from templates.review.examine import where_written
from templates.versions.partials import load_partials

Parts = Mapping[str, Mapping[str, Mapping[str, Any]]]  # by channel, locale and field
# What rooms above require of a message, from its slug and built parts: they know its use.
message_requirements: ExtensionPoint[Callable[[str, Parts], list[Problem]]] = ExtensionPoint()


def review(draft: Draft, ahead: Partials | None = None) -> Review:
    """Reads it in a process of its own; what that one cannot bear is a problem of its field.
    `ahead`: partials that will be published before it, by every name of theirs."""
    for field in ("parts", "schema", "sample"):
        if depth_over(getattr(draft, field), DEEPEST_JSON):
            return Review([_too_deep("" if field == "parts" else field)])
    names = building.partials_of(draft.parts)
    partials = {**load_partials(names), **{n: p for n, p in (ahead or {}).items() if n in names}}
    found = pool.examine(draft, partials)
    if found.built and draft.kind != PARTIAL and not found.errors:
        asked = [
            problem for ask in message_requirements for problem in ask(draft.slug, found.built)
        ]
        found.problems[:0] = [where_written(problem, draft.parts) for problem in asked]
    return found


def _too_deep(field: str) -> Problem:
    return Problem("", "", field, "The template is nested too deeply", heavy=True)
