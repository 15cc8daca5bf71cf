"""The report of a campaign: what became of it, of one run or of all, and as a table to keep."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from notifications.campaigns.pages import labels
from notifications.campaigns.pages.base import SEE, campaign_of, needs, page, to
from notifications.campaigns.report.held_out import held_out
from notifications.campaigns.report.report import csv_lines, over_time, report
from notifications.campaigns.report.runs import ALL, run_of, runs_of
from notifications.statuses import State

RUNS_SHOWN = 100


@needs(SEE)
def report_of(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    runs = runs_of(campaign, request.GET.get("run", ""))
    if not runs:
        return to("change", campaign)
    found = report(campaign, runs)
    return page(
        request,
        "report",
        campaign,
        f"Report: {campaign}",
        found=found,
        law=found.figures.law(),
        tone=labels.TONES[campaign.state],
        skipped=found.reasons(State.SKIPPED),
        failed=found.reasons(State.FAILED),
        channels=[(name, each, each.funnel(), each.law()) for name, each in found.channels],
        variants=[(each, each.figures.funnel(), each.figures.law()) for each in found.variants],
        chart=over_time(runs[0]) if len(runs) == 1 else None,
        run=runs[0] if len(runs) == 1 else None,
        runs=campaign.runs.order_by("-number")[:RUNS_SHOWN],
        p50=_seconds(found.latency.p50),
        p99=_seconds(found.latency.p99),
    )


@needs(SEE)
def held_out_of(request: HttpRequest, object_id: str) -> HttpResponse:
    """The part that takes its time."""
    campaign = campaign_of(object_id)
    run = run_of(campaign, request.GET.get("run"))
    found = held_out(run) if run else None
    return render(request, "campaigns/held_out.html", {"found": found})


@needs(SEE)
def as_csv_of(request: HttpRequest, object_id: str) -> StreamingHttpResponse:
    campaign = campaign_of(object_id)
    runs = runs_of(campaign, request.GET.get("run", ALL))
    named = f'attachment; filename="campaign-{campaign.pk}.csv"'
    return StreamingHttpResponse(
        csv_lines(campaign, runs),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": named},
    )


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
