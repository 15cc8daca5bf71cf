"""What marketing must have: a way out of it in every e-mail and SMS, and no passing of choices.

Asked where a request is accepted, so that nothing gets by, and before, where a template is
published or a type saved, so that nobody learns of it then only.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q

from notifications.accept.requests import SendRequest
from notifyproj.core.api.errors import InvalidFields
from preferences.decision.values import MARKETING
from preferences.facts.types import TypeValue
from preferences.models import NotificationType
from templates.review.checks import Problem
from templates.review.unsubscribe_check import LINKS, Parts, without_way_out
from templates.versions.published import VersionValue, channels_without_way_out, find_version

MANDATORY = "Marketing cannot be mandatory: recipients must be able to unsubscribe."
CODE = "no_way_out"


def check_way_out(
    request: SendRequest, type_: TypeValue, version: VersionValue, channels: Collection[str]
) -> None:
    """Of marketing. Raises InvalidFields. `channels`: all it may go to."""
    if type_.rules.mandatory:
        raise InvalidFields({"type": MANDATORY}, CODE, 422)
    lacking = channels_without_way_out(version.id).intersection(channels)
    if lacking:
        text = (
            f"{version.name} has no unsubscribe link or keyword for {', '.join(sorted(lacking))}."
        )
        raise InvalidFields({"template_id": text}, CODE, 422)
    given = {name: request.variables[name] for name in LINKS if name in request.variables}
    wrong = [name for name, url in sorted(given.items()) if not _is_link(url)]
    if wrong:
        fields = {f"variables.{name}": "Must be a URL, or left out." for name in wrong}
        raise InvalidFields(fields, CODE, 422)


def of_template(slug: str, parts: Parts) -> list[Problem]:
    """Of a template that some marketing type sends unless a request names another."""
    named = Q(template=slug) | Q(template__regex=rf"^{slug}-v[0-9]+$")
    rows = NotificationType.objects.filter(named, legal_class=MARKETING)
    return without_way_out(parts) if rows.exists() else []


def of_type(said: Mapping[str, Any]) -> dict[str, str]:
    """Returns what a type's fields break of the rules for marketing, by the name of the field."""
    if said.get("legal_class") != MARKETING:
        return {}
    if said.get("mandatory"):
        return {"mandatory": MANDATORY}
    version = find_version(said.get("template") or "")
    lacking = channels_without_way_out(version.id) if version else frozenset()
    if not (version and lacking):
        return {}
    where = ", ".join(sorted(lacking))
    return {"template": f"{version.name} has no unsubscribe link or keyword for {where}."}


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))
