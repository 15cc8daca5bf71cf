"""Segments as people of the admin fill them in."""

import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from notifications.segments import services
from notifications.segments.models import Segment, SegmentUpload
from notifications.segments.services import SegmentFields
from notifyproj.core.admin.json_field import JSONField
from notifyproj.core.api.errors import InvalidFields

NEW_RULES = {"all": [{"attribute": "", "is": ""}]}


class RulesField(JSONField):
    """Indented, as people write it."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (dict, list)):
            return json.dumps(value, indent=2, ensure_ascii=False)
        return super().prepare_value(value)


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    rules = RulesField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false"}),
        help_text='Kept as JSON: {"all": [{"attribute": "plan", "is": "pro"}, {"locale": "de"}]};'
        " every condition is in docs/segments.md.",
    )

    class Meta:
        model = Segment
        fields = ("name", "slug", "description", "rules")
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        slug = cleaned.get("slug") or self.instance.slug
        if "rules" in cleaned and slug:
            try:
                services.check(cleaned["rules"], slug, self.instance.pk or 0)
            except InvalidFields as error:
                self.add_error("rules", [f"{at}: {text}" for at, text in error.fields.items()])
        return cleaned

    def as_fields(self) -> SegmentFields:
        said = self.cleaned_data
        return SegmentFields(
            name=said["name"], description=said["description"], rules=said["rules"]
        )


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV or text: one ID per line, or a column named external_id, user_id or id.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )
    mode = forms.ChoiceField(
        label="Mode",
        choices=SegmentUpload.Mode.choices,
        initial=SegmentUpload.Mode.ADD,
        widget=forms.RadioSelect,
    )
