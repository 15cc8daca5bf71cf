"""What the pages of a campaign share: who may, which campaign, and the frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from notifications.campaigns.models import Campaign
from notifyproj.core.admin.pages import admin_page
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.audit import log as audit

SEE = "campaigns.view_campaign"
ADD = "campaigns.add_campaign"
WRITE = "campaigns.change_campaign"
LAUNCH = "campaigns.launch_campaign"
APPROVE = "campaigns.approve_campaign"
RUN = "campaigns.change_run"  # pause, resume, cancel, change the rate

View = Callable[..., HttpResponseBase]


def needs(permission: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """The permission is asked for before anything is looked up."""

    def wrapped(view: View) -> View:
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            method = "GET" if request.method == "HEAD" else request.method
            if method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(request, *args, **kwargs)

        return asked

    return wrapped


def campaign_of(object_id: str) -> Campaign:
    """Raises Http404."""
    rows = Campaign.objects.select_related("type", "segment", "service", "owner", "approved_by")
    found = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
    if found is None:
        raise Http404
    return found


def url(page: str, campaign: Campaign | None = None) -> str:
    """`page` is the end of its route's name."""
    arguments = [campaign.pk] if campaign else []
    return reverse(f"admin:campaigns_campaign_{page}", args=arguments)


def to(page: str, campaign: Campaign) -> HttpResponse:
    return redirect(url(page, campaign))


def page(
    request: HttpRequest, template: str, campaign: Campaign | None, title: str, **context: Any
) -> TemplateResponse:
    around = {"campaign": campaign, "original": campaign, "opts": Campaign._meta, **context}
    around["may"] = May(request)
    return admin_page(request, f"campaigns/{template}.html", title=title, **around)


def note(campaign: Campaign, text: str) -> None:
    """In the audit log, where the columns that change do not say it all."""
    label = Campaign._meta.label_lower
    audit.note(model=label, object_id=campaign.pk, label=str(campaign), text=text)


def complain(request: HttpRequest, error: InvalidFields) -> None:
    for text in dict.fromkeys(error.fields.values()):
        messages.error(request, text)


class May:
    """For templates: `may.launch`."""

    def __init__(self, request: HttpRequest) -> None:
        self._has = request.user.has_perm

    @property
    def write(self) -> bool:
        return self._has(WRITE)

    @property
    def add(self) -> bool:
        return self._has(ADD)

    @property
    def launch(self) -> bool:
        return self._has(LAUNCH)

    @property
    def approve(self) -> bool:
        return self._has(APPROVE)

    @property
    def run(self) -> bool:
        return self._has(RUN)
