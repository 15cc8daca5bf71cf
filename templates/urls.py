"""Templates; included at /api/v1/."""

from django.urls import path

from templates.api import files as api_files
from templates.api import preview as api_preview
from templates.api import templates as api
from templates.api import versions as api_versions

ONE = "templates/<slug:slug>"

urlpatterns = [
    path("templates", api.Templates.as_view()),
    path("templates/export", api_files.Export.as_view()),
    path("templates/import", api_files.Import.as_view()),
    path(ONE, api.OneTemplate.as_view()),
    path(f"{ONE}/draft", api.Draft.as_view()),
    path(f"{ONE}/publish", api_versions.Publish.as_view()),
    path(f"{ONE}/preview", api_preview.Previews.as_view()),
    path(f"{ONE}/diff", api_versions.Differences.as_view()),
    path(f"{ONE}/versions/<int:number>", api_versions.OneVersion.as_view()),
    path(f"{ONE}/versions/<int:number>/rollback", api_versions.Rollback.as_view()),
]
