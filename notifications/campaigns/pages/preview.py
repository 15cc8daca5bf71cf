"""A variant as somebody would get it, of a campaign that is being written. Nothing is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifications.campaigns.pages.base import ADD, needs
from notifications.campaigns.pages.variant_forms import VariablesForm, fields_for, variant_forms
from notifications.services.send_test import person_facts
from preferences.models import NotificationType
from templates.checker import pool
from templates.extension_points import PersonFacts
from templates.fields import PERSON
from templates.models import TemplateVersion
from templates.review.preview import Shown
from templates.versions.review import Draft as Written
from templates.versions.review import review


class Preview(NamedTuple):
    shown: Sequence[Shown] = ()
    person: PersonFacts | None = None
    problem: str = ""
    made_up: Sequence[str] = ()  # variables nobody filled in yet


@needs(ADD, methods=("POST",))
def preview(request: HttpRequest) -> HttpResponse:
    """What is in the form now, saved or not."""
    return render(request, "campaigns/preview.html", {"preview": _preview(request)})


def _preview(request: HttpRequest) -> Preview:
    variants = variant_forms(None, request.POST)
    index = request.POST.get("preview_variant", "0")
    chosen = variants[int(index)] if index in map(str, range(len(variants))) else variants[0]
    rows = TemplateVersion.objects.filter(published_at__isnull=False).select_related("template")
    row = rows.filter(pk=chosen.version_id or 0).first()
    if row is None:
        return Preview(problem="Choose a template to see a preview.")
    versions = [each.version_id for each in variants if each.version_id]
    given = VariablesForm(fields_for(versions), {}, request.POST).read()
    name = request.POST.get("preview_person", "").strip()
    person = person_facts(name) if name else None
    if name and person is None:
        return Preview(problem=f"No recipient has the ID {name}.")
    return _shown(row, given, person, _channels(request))


def _shown(
    row: TemplateVersion,
    given: Mapping[str, Any],
    person: PersonFacts | None,
    channels: Sequence[str],
) -> Preview:
    sample = review(
        Written(
            slug=row.template.slug,
            kind=row.template.kind,
            parts=row.parts,
            schema=row.schema,
            sample=row.sample,
        )
    ).sample
    made_up = sorted(sample.keys() - given.keys() - {PERSON})
    variables = {**sample, **given, **(person.variables if person else {})}
    locale, zone = (person.locale, person.zone) if person else ("", "UTC")
    written = pool.preview(
        row.built or row.parts, variables, locale=locale, zone=zone, channels=channels
    )
    return Preview(
        written,
        person,
        "" if written else "The template has no content for these channels.",
        made_up,
    )


def _channels(request: HttpRequest) -> Sequence[str]:
    """Those that are selected; else those of the notification type."""
    if marked := request.POST.getlist("channels"):
        return marked
    text = request.POST.get("type", "")
    found = NotificationType.objects.filter(pk=int(text)).first() if text.isdecimal() else None
    return found.channels if found else ()
