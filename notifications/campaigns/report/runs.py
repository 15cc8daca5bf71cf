"""The runs of a campaign that a page or a request of the API names."""

from django.http import Http404

from notifications.campaigns.models import Campaign, Run

ALL = "all"


def run_of(campaign: Campaign, number: str | None = None) -> Run | None:
    """The one of that number, else the newest. Raises Http404 for one that never was."""
    rows = campaign.runs.select_related("campaign__type", "campaign__segment", "winner")
    if not number:
        return rows.order_by("-number").first()
    found = rows.filter(number=int(number)).first() if number.isdecimal() else None
    if found is None:
        raise Http404
    return found


def runs_of(campaign: Campaign, number: str) -> list[Run]:
    """That one, the newest for an empty `number`, or ALL of them. Raises Http404."""
    if number == ALL:
        return list(campaign.runs.select_related("winner").order_by("number"))
    run = run_of(campaign, number)
    return [run] if run else []
