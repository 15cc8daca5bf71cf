"""What an operator may say about a person, checked like what comes by the API."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from notifyproj.core.admin.json_field import JSONField
from preferences.models import Preference, Recipient
from preferences.recipients.schemas import CHECKS


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    class Meta:
        model = Recipient
        fields = ("locale", "timezone", "paused_until", "attributes")
        field_classes = {"attributes": JSONField}
        widgets = {"attributes": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def clean_attributes(self) -> dict[str, Any]:
        found = self.cleaned_data["attributes"]
        if found is not None and not isinstance(found, dict):
            raise forms.ValidationError('Enter a JSON object such as {"plan": "pro"}.')
        return found or {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("locale", "timezone", "attributes"):
            if name in cleaned:
                try:
                    cleaned[name] = CHECKS[name](cleaned[name])
                except ValueError as error:
                    self.add_error(name, str(error))
        return cleaned


class ChoiceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """What a choice is about stays; another one is another row."""

    class Meta:
        model = Preference
        fields = ("type", "category", "channel", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in (("type", "All types"), ("category", "All categories")):
            if name in self.fields:
                self.fields[name].empty_label = text  # type: ignore[attr-defined]  # of this kind of field
        if self.instance.pk:
            for name in ("type", "category", "channel"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("type") and cleaned.get("category"):
            self.add_error("category", "Choose a type or a category, not both.")
        return cleaned
