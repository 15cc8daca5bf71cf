"""Resending failed deliveries: a page that names the numbers first, then does it in waves."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from notifications.services.resend import REFUSED, ResendOptions, Resent, judged, resend
from notifyproj.core.admin.pages import admin_page
from notifyproj.core.audit import log as audit
from notifyproj.core.clock import now

WAVE = 5_000  # deliveries sent again by one click
LIFETIMES = [
    ("", "Keep the original expiry"),
    ("1", "1 hour"),
    ("24", "24 hours"),
    ("168", "7 days"),
]


class ResendForm(forms.Form):
    ids = forms.CharField(widget=forms.HiddenInput)
    lifetime = forms.ChoiceField(choices=LIFETIMES, required=False, label="New lifetime, from now")
    dead_too = forms.BooleanField(
        required=False, label="Include rejected addresses: may harm your sender reputation"
    )

    def clean_ids(self) -> list[str]:
        try:
            ids = [str(UUID(text)) for text in self.cleaned_data["ids"].split()]
        except ValueError as error:
            raise forms.ValidationError("These are not IDs.") from error
        if len(ids) > WAVE:
            raise forms.ValidationError(f"At most {WAVE:,} at a time.")
        return ids

    def options(self, by: str) -> ResendOptions:
        hours = self.cleaned_data.get("lifetime")
        lifetime = timedelta(hours=int(hours)) if hours else None
        return ResendOptions(by, bool(self.cleaned_data.get("dead_too")), lifetime)


def ask(request: HttpRequest, ids: Sequence[str], **about: Any) -> HttpResponse:
    """The numbers, by what would become of them. `about`: `more` there are, `query` of the list."""
    form = ResendForm(initial={"ids": " ".join(ids)})
    seen = judged(ids, ResendOptions(request.user.get_username()), now())
    refused = Counter(one.refused for one in seen if one.refused)
    context = {
        "form": form,
        "good": sum(not one.refused for one in seen),
        "refused": [(REFUSED[name], n) for name, n in refused.most_common()],
        "mendable": refused["dead"] or refused["late"],
        "wave": WAVE,
        "back": _list(),
        **about,
    }
    return admin_page(request, "log/resend.html", title="Resend deliveries", **context)


def do(request: HttpRequest) -> HttpResponse:
    """What was confirmed; then back to the list, or on to the next wave."""
    form = ResendForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.errors.as_text())
        return HttpResponseRedirect(_list())
    options = form.options(request.user.get_username())
    done = resend(form.cleaned_data["ids"], options, now())
    query = request.POST.get("query", "")
    _note(form.cleaned_data["ids"], done, options, query)
    messages.success(request, _said(done))
    return HttpResponseRedirect(f"{_list()}{query if query.startswith('?') else ''}")


def _note(ids: Sequence[str], done: Resent, options: ResendOptions, query: str) -> None:
    one = ids[0] if len(ids) == 1 else ""
    extra = [
        "including rejected addresses" if options.dead_too else "",
        f"with a new lifetime of {options.lifetime}" if options.lifetime else "",
        f"found by {query}" if query else "",
    ]
    text = ", ".join([f"Resent {done.n:,} failed deliveries", *filter(None, extra)])
    audit.note(model="notifications.delivery", object_id=one, label="", text=f"{text}.")


def _said(done: Resent) -> str:
    left = "; ".join(f"{n:,} {REFUSED[name]}" for name, n in done.refused.most_common())
    again = f"{done.n:,} resent"
    return f"{again}. Not resent: {left}." if left else f"{again}."


def _list() -> str:
    return reverse("admin:notifications_delivery_changelist")
