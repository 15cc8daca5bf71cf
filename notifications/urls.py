"""Notifications; included at /api/v1/."""

from django.urls import path

from notifications import api

urlpatterns = [
    path("notifications", api.Notifications.as_view()),
    path("notifications/batch", api.Batch.as_view()),
    path("notifications/<uuid:notification_id>", api.OneNotification.as_view()),
    path("notifications/<uuid:notification_id>/cancel", api.Cancel.as_view()),
]
