"""Whose pages these are: name, logo and accent from the settings. The accent is made darker or
lighter until it can be read on the pages' papers (WCAG AA), whatever was set."""

import re
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

ACCENT = re.compile(r"#[0-9a-fA-F]{6}")
LOGO = re.compile(r"(https://[^\s;,\"'<>]+|/[^/\s;,\"'<>][^\s;,\"'<>]*)")
CONTRAST = 4.5
LIGHT, DARK = ("#ffffff", "#f5f6f8"), ("#121417", "#1b1e23")  # papers in tokens.css
STEPS = 40

Colour = tuple[float, float, float]  # 0 to 1


def name() -> str:
    """Where nobody gave one, that of the site."""
    return str(settings.BRAND_NAME) or urlsplit(settings.PUBLIC_URL).hostname or ""


def logo() -> str:
    """Returns the URL or path of the logo; "" where none is set or it is neither https nor a
    path."""
    url = str(settings.BRAND_LOGO_URL)
    return url if LOGO.fullmatch(url) else ""


def logo_origin() -> str:
    """For the policy of what a page may load; "" when it is our own."""
    parts = urlsplit(logo())
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@cache
def stylesheet() -> str:
    """Empty when no accent is set: tokens.css has one."""
    accent = str(settings.BRAND_ACCENT)
    if not ACCENT.fullmatch(accent):
        return ""
    light, dark = readable(accent, LIGHT), readable(accent, DARK)
    return (
        f":root {{ --accent: {light}; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; }} }}\n"
    )


@receiver(setting_changed)
def _forget(setting: str, **_: object) -> None:
    """Tests change settings; nothing else does."""
    stylesheet.cache_clear()


def readable(accent: str, papers: tuple[str, ...]) -> str:
    """The nearest to it, on the way to black or white, that stands out from each paper."""
    grounds = [_colour(paper) for paper in papers]
    end = 0.0 if luminance(grounds[0]) > 0.5 else 1.0
    colour = first = _colour(accent)
    for step in range(STEPS + 1):
        share = step / STEPS
        colour = _mixed(first, end, share)
        if all(contrast(colour, ground) >= CONTRAST for ground in grounds):
            break
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def contrast(one: Colour, other: Colour) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Colour) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colour(text: str) -> Colour:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _mixed(colour: Colour, end: float, share: float) -> Colour:
    """Rounded as it will be written, so that what is judged is what is shown."""
    red, green, blue = (round((part + (end - part) * share) * 255) / 255 for part in colour)
    return red, green, blue
