"""Notifications; included at /api/v1/."""

from django.urls import path

from notifications.api import notifications as api
from notifications.api import reports as reports_api
from notifications.attachments import api as attachments_api
from notifications.explain.api import Explain

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
