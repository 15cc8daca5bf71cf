"""Notifications; included at /api/v1/."""

from django.urls import path

from notifications import api, attachments_api, reports_api
from notifications.explaining.api import Explain

urlpatterns = [
    path("attachments", attachments_api.Attachments.as_view()),
    path("attachments/<uuid:attachment_id>", attachments_api.OneAttachment.as_view()),
    path("notifications", api.Notifications.as_view()),
    path("notifications/batch", api.Batch.as_view()),
    path("notifications/explain", Explain.as_view()),
    path("notifications/<uuid:notification_id>", api.OneNotification.as_view()),
    path("notifications/<uuid:notification_id>/cancel", api.Cancel.as_view()),
    path("reports", reports_api.Reports.as_view()),
    path("reports.csv", reports_api.ReportsAsCsv.as_view()),
]
