"""The front page: where everything is. And the page of those who may not."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django.views.defaults import permission_denied

from notifyproj.core.admin.pages import admin_page


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    return render(request, "front.html", {"sandbox": settings.SANDBOX})


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask here for pages that name no icon."""
    return HttpResponseRedirect(static("admin_site/favicon.svg"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """In the admin: which roles one has, and whom to ask."""
    if not request.path_info.startswith("/admin/") or not admin.site.has_permission(request):
        return permission_denied(request, exception)
    roles = list(request.user.groups.values_list("name", flat=True))
    page = admin_page(
        request, "admin_site/forbidden.html", title="Permission denied", status=403, roles=roles
    )
    return page.render()
