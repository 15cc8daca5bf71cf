"""The variables that a campaign's texts share, and its variants, as fields of its form."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict

from notifications.campaigns.models import Campaign
from notifications.campaigns.pages.variable_fields import (
    VariableField,
    read,
    variable_fields,
    written,
)
from notifications.campaigns.plan.write import VariantFields
from templates.models import TemplateKind, TemplateVersion

PREFIX = "v-"  # of the fields of variables
VARIANTS_MOST = 4
VERSIONS_SHOWN = 3  # of a template, the newest
NAMES = "ABCD"

Choices = list[tuple[str, list[tuple[int, str]]]]


class VariantForm(forms.Form):
    use_required_attribute = False

    name = forms.CharField(max_length=40, required=False)
    version = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    weight = forms.IntegerField(min_value=1, max_value=1000, required=False)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = [("", "No template chosen"), *choices]  # type: ignore[attr-defined]  # of this kind of field

    @property
    def version_id(self) -> int | None:
        """The one that is chosen now, saved or not."""
        text = str(self["version"].value() or "")
        return int(text) if text.isdecimal() else None

    def as_fields(self) -> VariantFields | None:
        """None: this one is left out."""
        found = self.cleaned_data
        if found.get("version") is None:
            return None
        name = found.get("name") or NAMES[int(self.prefix[-1]) if self.prefix else 0]
        return VariantFields(name, found["version"], found.get("weight") or 1)


def variant_forms(campaign: Campaign | None, data: QueryDict | None) -> list[VariantForm]:
    """As many as a campaign may have; those without a message are left out."""
    rows = list(campaign.variants.all()) if campaign else []
    choices = version_choices([row.version_id for row in rows])
    made = []
    for index in range(max(VARIANTS_MOST, len(rows))):
        initial: dict[str, Any] = {"name": NAMES[index % len(NAMES)], "weight": 1}
        if index < len(rows):
            row = rows[index]
            initial = {"name": row.name, "version": row.version_id, "weight": row.weight}
        made.append(VariantForm(data, prefix=f"variant-{index}", initial=initial, choices=choices))
    return made


def version_choices(chosen: Sequence[int]) -> Choices:
    """Published messages by template, the newest of each, and those that are chosen already."""
    rows = TemplateVersion.objects.filter(
        published_at__isnull=False, template__kind=TemplateKind.MESSAGE
    ).order_by("template__name", "template__slug", "-number")
    named = rows.values_list("template__name", "template__slug", "number", "pk")
    found: Choices = []
    for (name, slug), versions in groupby(named, key=lambda row: (row[0], row[1])):
        shown = [
            (pk, f"{slug}-v{number}")
            for index, (_, _, number, pk) in enumerate(versions)
            if index < VERSIONS_SHOWN or pk in chosen
        ]
        found.append((name or slug, shown))
    return found


def fields_for(versions: Sequence[int]) -> list[VariableField]:
    """Of the variables these versions share."""
    rows = TemplateVersion.objects.filter(pk__in=versions).values_list("accepts", "variables")
    return variable_fields(map(_schema, *zip(*rows, strict=True)) if rows else ())


def _schema(accepts: Mapping[str, Any] | None, names: Sequence[str]) -> Mapping[str, Any]:
    """Versions from before there were schemas have names only."""
    return accepts or {"properties": {name: {} for name in names}, "required": list(names)}


class VariablesForm:
    """The shared variables: a field each; those no field is for stay as they are."""

    def __init__(
        self, fields: list[VariableField], values: Mapping[str, Any], data: QueryDict | None = None
    ) -> None:
        self.fields, self._values, self._data = fields, values, data
        self.problems: dict[str, str] = {}

    def texts(self) -> Iterator[tuple[VariableField, str, str]]:
        """(field, what is in it, what is wrong with it)."""
        for each in self.fields:
            yield each, self._text(each), self.problems.get(each.name, "")

    def read(self) -> dict[str, Any]:
        """Leaves `problems` where something cannot be read."""
        names = {field.name for field in self.fields}
        found = {name: value for name, value in self._values.items() if name not in names}
        for field in self.fields:
            try:
                value = read(field, self._text(field))
            except ValueError as error:
                self.problems[field.name] = str(error)
                continue
            if value is not None:
                found[field.name] = value
        return found

    def others(self) -> dict[str, Any]:
        names = {field.name for field in self.fields}
        return {name: value for name, value in self._values.items() if name not in names}

    def _text(self, field: VariableField) -> str:
        if self._data is not None and PREFIX + field.name in self._data:
            return str(self._data[PREFIX + field.name])
        return written(field, self._values.get(field.name))
