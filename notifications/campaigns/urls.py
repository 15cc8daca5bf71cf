"""Campaigns; included at /api/v1/."""

from django.urls import path

from notifications.campaigns.api import actions as api_acts
from notifications.campaigns.api import campaigns as api
from notifications.campaigns.api import report as api_report

urlpatterns = [
    path("campaigns", api.Campaigns.as_view()),
    path("campaigns/<int:campaign_id>", api.OneCampaign.as_view()),
    path("campaigns/<int:campaign_id>/preflight", api_acts.PreflightOf.as_view()),
    path("campaigns/<int:campaign_id>/launch", api_acts.Launch.as_view()),
    path("campaigns/<int:campaign_id>/pause", api_acts.Pause.as_view()),
    path("campaigns/<int:campaign_id>/resume", api_acts.Resume.as_view()),
    path("campaigns/<int:campaign_id>/cancel", api_acts.CancelCampaign.as_view()),
    path("campaigns/<int:campaign_id>/report", api_report.ReportOf.as_view()),
    path("campaigns/<int:campaign_id>/report.csv", api_report.ReportAsCsv.as_view()),
    path("campaigns/<int:campaign_id>/rate", api_acts.Rate.as_view()),
]
