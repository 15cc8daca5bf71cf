"""Status endpoints; included at /api/v1/."""

from django.urls import path

from notifications.status_events.api import endpoints as api
from notifications.status_events.api import events as api_events

ONE = "status-endpoints/<int:endpoint_id>"

urlpatterns = [
    path("status-endpoints", api.Endpoints.as_view()),
    path(ONE, api.OneEndpoint.as_view()),
    path(f"{ONE}/rotate-secret", api.RotateSecret.as_view()),
    path(f"{ONE}/resume", api.Resume.as_view()),
    path(f"{ONE}/test", api_events.Test.as_view()),
    path(f"{ONE}/replay", api_events.ReplayEvents.as_view()),
    path(f"{ONE}/events", api_events.Events.as_view()),
]
