"""A page of the admin that is no list and no form: with its sidebar, header and messages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def admin_page(
    request: HttpRequest, template: str, *, title: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """`template` extends `admin_site/page.html`. `opts=Model._meta` leads back to its list.

    Route it by `admin_site.admin_view(view)` in `get_urls`, and ask for a permission in the view:
    `PermissionDenied` becomes a page that says whom to ask.
    """
    around = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, around, status=status)
