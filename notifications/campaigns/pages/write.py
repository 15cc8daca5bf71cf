"""The page on which a campaign is written: a draft's form, or how it is written, to be read."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from notifications.campaigns.models import Campaign
from notifications.campaigns.pages.base import (
    ADD,
    LAUNCH,
    SEE,
    WRITE,
    campaign_of,
    complain,
    needs,
    page,
    to,
    url,
)
from notifications.campaigns.pages.forms import CampaignForm
from notifications.campaigns.pages.variant_forms import (
    VariablesForm,
    VariantForm,
    fields_for,
    variant_forms,
)
from notifications.campaigns.plan.write import campaign_change, campaign_copy, campaign_create
from notifications.campaigns.preflight.preflight import problems_of
from notifications.campaigns.states import CampaignState
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now

OF_VARIABLE = ": variables."


class Written:
    """The form with all its parts, filled from what was sent or from what is saved."""

    def __init__(self, request: HttpRequest, campaign: Campaign | None) -> None:
        data = request.POST if request.method == "POST" else None
        self.campaign = campaign
        self.form = CampaignForm(data, instance=campaign)
        self.variants = variant_forms(campaign, data)
        versions = [each.version_id for each in self.variants if each.version_id]
        values = campaign.variables if campaign else {}
        self.variables = VariablesForm(fields_for(versions), values, data)

    def is_valid(self) -> bool:
        """Every part is asked, so that all that is wrong is said at once."""
        self.read = self.variables.read()
        parts = [self.form.is_valid(), *(each.is_valid() for each in self.variants)]
        return all(parts) and not self.variables.problems

    def save(self, request: HttpRequest) -> Campaign:
        """Raises InvalidFields."""
        fields = {**self.form.columns(), "variables": self.read}
        variants = [given for each in self.variants if (given := each.as_fields())]
        user: Any = request.user
        if self.campaign is None:
            return campaign_create(fields=fields, variants=variants, owner=user)
        return campaign_change(campaign=self.campaign, fields=fields, variants=variants, by=user)


@needs(ADD, methods=("GET", "POST"))
def add(request: HttpRequest) -> HttpResponse:
    return _answer(request, None)


def change(request: HttpRequest, object_id: str) -> HttpResponseBase:
    """A draft is written here; what was launched has a page that shows how it goes."""
    if request.method == "POST":
        return _save(request, object_id)
    return _look(request, object_id)


@needs(SEE)
def _look(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    if campaign.state != CampaignState.DRAFT and "written" not in request.GET:
        return to("progress", campaign)
    return _form(request, Written(request, campaign))


@needs(WRITE, methods=("POST",))
def _save(request: HttpRequest, object_id: str) -> HttpResponse:
    return _answer(request, campaign_of(object_id))


@needs(ADD, methods=("POST",))
def copy(request: HttpRequest, object_id: str) -> HttpResponse:
    user: Any = request.user
    made = campaign_copy(campaign=campaign_of(object_id), owner=user)
    messages.success(request, f"Duplicated as the draft “{made}”.")
    return to("change", made)


def _answer(request: HttpRequest, campaign: Campaign | None) -> HttpResponse:
    written = Written(request, campaign)
    if request.method != "POST":
        return _form(request, written)
    if not written.is_valid() or "_fields" in request.POST:
        return _form(request, written)
    try:
        saved = written.save(request)
    except InvalidFields as error:
        complain(request, error)
        return _form(request, written)
    if "_preflight" in request.POST:
        return to("preflight", saved)
    messages.success(request, "Saved. Nothing is sent until you launch the campaign.")
    return redirect(url("change", saved))


def _form(request: HttpRequest, written: Written) -> HttpResponse:
    campaign = written.campaign
    draft = campaign is None or campaign.state == CampaignState.DRAFT
    may_write = request.user.has_perm(WRITE if campaign else ADD)
    problems = _problems(written) if campaign and draft and request.method == "GET" else {}
    return page(
        request,
        "write",
        campaign,
        campaign.name if campaign else "New campaign",
        form=written.form,
        variants=_shown(written.variants),
        variables=written.variables,
        problems=problems,
        others=_without_field(problems, written),
        draft=draft,
        readonly=not (draft and may_write),
        may_launch=request.user.has_perm(LAUNCH),
    )


def _problems(written: Written) -> dict[str, str]:
    """What keeps it from being launched, by field; a variable's beside the variable."""
    if written.campaign is None:
        return {}
    found = problems_of(written.campaign, now())
    found.pop("approved_by", None)
    for name in [name for name in found if OF_VARIABLE in name]:
        text = found.pop(name)
        variable = name.partition(OF_VARIABLE)[2].partition(".")[0].partition("[")[0]
        if any(field.name == variable for field in written.variables.fields):
            written.variables.problems[variable] = text
        else:
            found["variants"] = f"{variable}: {text}"
    return found


def _without_field(problems: dict[str, str], written: Written) -> list[str]:
    """Problems no field of the form is called after."""
    return [text for name, text in problems.items() if name not in written.form.fields]


def _shown(forms: list[VariantForm]) -> list[tuple[VariantForm, bool]]:
    """(a variant, whether it is used): the others are folded away."""
    return [(form, bool(form.version_id)) for form in forms]
