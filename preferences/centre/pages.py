"""How the pages behind our links are answered: kept nowhere, found by nobody, without a script."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from preferences.centre import brand, texts

LARGEST = 65_536  # bytes of a body
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of the page is the key to it
    "X-Robots-Tag": "noindex, nofollow",
}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'{logo}; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def headers() -> dict[str, str]:
    """Returns the security headers of these pages; only the logo's origin is allowed besides
    ours."""
    origin = brand.logo_origin()
    return {
        **HEADERS,
        "Content-Security-Policy": POLICY.format(logo=f" {origin}" if origin else ""),
    }


def page(
    name: str, context: Mapping[str, object], *, language: str = "en", status: int = 200
) -> HttpResponse:
    """Returns the page `name` with the texts of the language. Its URL is kept out of the log."""
    about = {
        "language": language,
        "w": texts.LANGUAGES[language],
        "brand": {"name": brand.name(), "logo": brand.logo()},
    }
    text = render_to_string(f"{name}.html", {**about, **context})
    response = HttpResponse(text, status=status, headers=headers())
    response._has_been_logged = True  # type: ignore[attr-defined] # Django's log has the path: a key
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """Returns the page for a link that is expired or unknown, with status 404."""
    return page("centre/gone", {}, language=language_of(request), status=404)


def language_of(request: HttpRequest, locale: str = "") -> str:
    """The person's; of whom it is not known, their browser's."""
    accepted = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
    return texts.language_of(locale, accepted)


def posted(request: HttpRequest) -> bool:
    """Whether it is a form of a size that is worth reading."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return request.method == "POST" and length.isdecimal() and int(length) <= LARGEST


@require_safe
def theme(request: HttpRequest) -> HttpResponse:
    """The customer's accent; a file of its own, as the pages allow no style within."""
    css = HttpResponse(brand.stylesheet(), "text/css; charset=utf-8")
    css["Cache-Control"] = "public, max-age=300"
    return css
