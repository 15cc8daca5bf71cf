"""How the admin looks: the customer's name, logo and accent, and which environment it is. Unfold
asks each function, by its name in the settings."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static

from preferences.centre import brand

ACCENTS = "#1c5bd0", "#86b4ff"  # of tokens.css, for light and dark
KINDS = {"production": "danger", "staging": "warning"}  # how loud the label is


def title(request: HttpRequest) -> str:
    return brand.name() or "Notify"


def icon(request: HttpRequest) -> str | None:
    return brand.logo() or None


def favicon(request: HttpRequest) -> str:
    return static("admin_site/favicon.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("admin_site/admin_site.css")


def script(request: HttpRequest) -> str:
    return static("admin_site/admin_site.js")


def environment(request: HttpRequest) -> list[str] | None:
    name = str(settings.ENVIRONMENT_NAME)
    return [name, KINDS.get(name.lower(), "info")] if name else None


def environment_prefix(request: HttpRequest) -> str | None:
    return f"[{settings.ENVIRONMENT_NAME}]" if settings.ENVIRONMENT_NAME else None


def palette(request: HttpRequest) -> dict[str, str]:
    """Unfold's shades of the accent: 600 is read on white, 500 and below on dark papers."""
    return dict(_shades(str(settings.BRAND_ACCENT)))


@cache
def _shades(accent: str) -> dict[str, str]:
    if brand.ACCENT.fullmatch(accent):
        light, dark = brand.readable(accent, brand.LIGHT), brand.readable(accent, brand.DARK)
    else:
        light, dark = ACCENTS
    paler = {shade: _mixed(light, share, "white") for shade, share in PALER.items()}
    deeper = {shade: _mixed(light, share, "black") for shade, share in DEEPER.items()}
    return {**paler, "400": dark, "500": dark, "600": light, **deeper}


PALER = {"50": 6, "100": 12, "200": 25, "300": 50}
DEEPER = {"700": 85, "800": 70, "900": 55, "950": 35}


def _mixed(colour: str, share: int, other: str) -> str:
    return f"color-mix(in oklab, {colour} {share}%, {other})"
