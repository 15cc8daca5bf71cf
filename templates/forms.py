"""The form of a draft: JSON for now, with every problem named by its place."""

import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.reviewing import Draft, review

PUBLISH = "message_templates_templateversion_publish"  # the name of Unfold's button


class Indented(json.JSONEncoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2})


class DraftForm(forms.ModelForm):  # type: ignore[type-arg]
    """A draft may be saved with problems, but not published; see `warnings`."""

    parts = forms.JSONField(
        encoder=Indented,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 28, "spellcheck": "false"}),
        help_text="{channel: {locale: {field: text}}}, with the locale `default` on every channel.",
        error_messages={"invalid": "This is not JSON."},
    )

    class Meta:
        model = TemplateVersion
        fields = ("template", "parts")

    def clean_parts(self) -> Any:
        parts = self.cleaned_data["parts"]
        found = review(Draft(self._slug(), TemplateKind.MESSAGE, parts))
        self.warnings = list(map(str, found.errors))
        if self.warnings and PUBLISH in self.data:
            raise forms.ValidationError(list(self.warnings))
        if not isinstance(parts, dict):
            raise forms.ValidationError("Must be an object of channels.")
        return parts

    def _slug(self) -> str:
        template = self.cleaned_data.get("template")
        if template is None and self.instance.template_id:
            template = self.instance.template
        return template.slug if isinstance(template, MessageTemplate) else ""
