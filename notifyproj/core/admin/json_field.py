"""JSON that people type into a form, read as strictly as the body of a request."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from notifyproj.core.api.bodies import decode
from notifyproj.core.api.errors import InvalidFields


class JSONField(forms.JSONField):
    """What is nested too deeply, or what Postgres cannot store, is a mistake of the field: Python's
    own reader takes both, or raises what no form expects."""

    def to_python(self, value: Any) -> Any:
        if self.disabled or not isinstance(value, str) or value in self.empty_values:
            return super().to_python(value)
        return self._decoded(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        if self.disabled or not isinstance(data, str):
            return super().bound_data(data, initial)
        try:
            return self._decoded(data)
        except ValidationError:
            return InvalidJSONInput(data)

    def _decoded(self, text: str) -> Any:
        """Raises ValidationError."""
        try:
            return decode(text.encode(), Any)
        except UnicodeEncodeError:
            raise self._invalid("Text must not contain an incomplete character.") from None
        except InvalidFields as error:
            raise self._invalid(" ".join(error.fields.values())) from None

    def _invalid(self, message: str) -> ValidationError:
        return ValidationError(message, code="invalid")
