"""System checks of the settings that only our pages use. Ids go on from notifyproj/checks.py."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from preferences.centre.brand import ACCENT, LOGO


@register(Tags.compatibility)
def check_brand(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    forms = {
        "BRAND_ACCENT": (ACCENT, "must look like #1c5bd0"),
        "BRAND_LOGO_URL": (LOGO, "must start with https://, or be a path such as /static/logo.svg"),
    }
    return [
        Error(f"{name} {text}", id="notify.E006")
        for name, (form, text) in forms.items()
        if (value := getattr(settings, name)) and not form.fullmatch(value)
    ]
