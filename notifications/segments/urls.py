"""Segments; included at /api/v1/."""

from django.urls import path

from notifications.segments.api import people as api_people
from notifications.segments.api import segments as api

ONE = "segments/<slug:slug>"

urlpatterns = [
    path("segments", api.Segments.as_view()),
    path("segments/preview", api_people.PreviewRules.as_view(), {"slug": "preview"}),
    path("segments/look", api_people.PreviewByFormerName.as_view(), {"slug": "look"}),
    path(ONE, api.OneSegment.as_view()),
    path(f"{ONE}/count", api_people.CountSegment.as_view()),
    path(f"{ONE}/sample", api_people.SampleSegment.as_view()),
    path(f"{ONE}/members/<str:external_id>", api_people.Members.as_view()),
    path(f"{ONE}/uploads", api_people.Uploads.as_view()),
    path(f"{ONE}/uploads/<int:upload_id>/undo", api_people.UndoUpload.as_view()),
]
