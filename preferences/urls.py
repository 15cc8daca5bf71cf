"""Recipients; included at /api/v1/."""

from django.urls import path

from preferences.centre.api import PreferencePages
from preferences.consent.api import bulk as api_preferences_bulk
from preferences.consent.api import preferences as api_preferences
from preferences.consent.api import suppressions as api_suppressions
from preferences.recipients.api import browsers as api_browsers
from preferences.recipients.api import contact_points as api_points
from preferences.recipients.api import imports as api_import
from preferences.recipients.api import recipients as api

ONE = "recipients/<str:external_id>"

urlpatterns = [
    path("recipients", api.Recipients.as_view()),
    path("recipients/import", api_import.Import.as_view()),
    path(ONE, api.OneRecipient.as_view()),
    path(f"{ONE}/contact-points", api_points.ContactPoints.as_view()),
    path(f"{ONE}/contact-points/<int:contact_point_id>", api_points.OneContactPoint.as_view()),
    path(
        f"{ONE}/contact-points/<int:contact_point_id>/secret",
        api_browsers.WebhookSecret.as_view(),
    ),
    path(f"{ONE}/preferences", api_preferences.OnePersonsPreferences.as_view()),
    path(f"{ONE}/unsubscribe", api_preferences.Unsubscribe.as_view()),
    path(f"{ONE}/preference-page", PreferencePages.as_view()),
    path(f"{ONE}/consent", api_preferences.ConsentHistory.as_view()),
    path("preferences/import", api_preferences_bulk.Import.as_view()),
    path("preferences/export", api_preferences_bulk.Export.as_view()),
    path("suppressions", api_suppressions.Suppressions.as_view()),
    path("suppressions/look-up", api_suppressions.LookUp.as_view()),
    path("suppressions/remove", api_suppressions.Remove.as_view()),
    path(f"{ONE}/web-push", api_browsers.Browsers.as_view()),
    path("apps/<slug:slug>/vapid-key", api_browsers.AppVapidKey.as_view()),
    path(f"{ONE}/devices", api_points.Devices.as_view()),
    path(f"{ONE}/devices/<int:contact_point_id>", api_points.OneDevice.as_view()),
]
