"""Every route of the platform. Public ones are listed in tests/guards/test_routes.py."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerView

from notifications.admin.home import view as home
from notifications.operations.metrics import Metrics
from notifyproj import pages
from notifyproj.core import health
from notifyproj.core.api.openapi_view import Schema
from preferences.recipients.api.inbox_tokens import InboxTokens

handler403 = "notifyproj.pages.forbidden"
urlpatterns = [
    path("", pages.front),
    path("favicon.ico", pages.favicon),
    path("admin/home/", admin.site.admin_view(home.refreshed), name="home-panels"),
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", Metrics.as_view()),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("notifications.urls")),
    path("api/v1/", include("notifications.status_events.urls")),
    path("api/v1/", include("notifications.campaigns.urls")),
    path("api/v1/", include("notifications.segments.urls")),
    path("api/v1/", include("preferences.urls")),
    path("api/v1/", include("templates.urls")),
    path("api/v1/inbox/tokens", InboxTokens.as_view(), name="inbox-tokens"),
    path("inbox/api/", include("channels.inbox.urls")),
    path("hooks/", include("notifications.callbacks.urls")),
    path("", include("notifications.links.urls")),
    path("", include("preferences.centre.urls")),
]
if settings.SANDBOX:
    urlpatterns.append(path("inbox/demo/", include("preferences.demo.inbox")))
    urlpatterns.append(path("web-push/demo/", include("preferences.demo.web_push")))
    urlpatterns.append(path("sandbox/", include("channels.sandbox.urls")))
