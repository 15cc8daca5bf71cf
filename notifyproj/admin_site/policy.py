"""What the admin's pages may load: nothing from elsewhere, and no script within a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from preferences.centre import brand

HEADER = "Content-Security-Policy"
# Unfold's Alpine.js makes functions of its attributes, and its colours are a <style> in the page.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:{logo}; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


class AdminPolicy:
    """A view that sets the header itself, as a preview in a frame does, is left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/admin/") and HEADER not in response:
            origin = brand.logo_origin()
            response[HEADER] = POLICY.format(logo=f" {origin}" if origin else "")
        return response
