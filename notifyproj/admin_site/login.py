"""The form that people log in by: how often they may try, and what the audit log says of it."""

import math
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from notifyproj.core.audit import log as audit
from notifyproj.core.login_limits import Attempt
from notifyproj.core.models import AuditEntry

SUCCEEDED, FAILED, REFUSED = "Logged in.", "Login failed.", "Login refused: too many attempts."
NOBODY = "a name that nobody has"  # which may be a password in the wrong field


class LoginForm(AuthenticationForm):  # type: ignore[misc]  # Unfold has no types
    def clean(self) -> dict[str, Any]:
        name, address = self.cleaned_data.get("username", ""), self._address()
        attempt = Attempt(name, address)
        if wait := attempt.wait():
            if attempt.is_noted():
                note(name, address, REFUSED)
            raise ValidationError(too_often(wait), code="throttled")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            note(name, address, FAILED)
            raise
        if self.user_cache is not None:
            attempt.succeeded()
            note(name, address, SUCCEEDED, self.user_cache)
        return cleaned

    def _address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""


def too_often(seconds: float) -> str:
    if seconds <= 60:
        return f"Too many attempts. Try again in {math.ceil(seconds)} seconds."
    return f"Too many attempts. Try again in {math.ceil(seconds / 60)} minutes."


def note(name: str, address: str, text: str, user: User | None = None) -> None:
    """In the audit log. Who only says to be somebody is not written down as them."""
    found = user or User.objects.filter(username=name).first()
    if user is not None:
        actor = audit.Actor(audit.USER, user.get_username(), user.pk, address)
    else:
        actor = audit.Actor(AuditEntry.Kind.PLATFORM, "login", None, address)
    audit.begin(actor)
    try:
        label = found.get_username() if found else NOBODY
        audit.note(model="auth.user", object_id=found.pk if found else "", label=label, text=text)
    finally:
        audit.end()
