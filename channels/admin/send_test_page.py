"""The page on which an operator sends a test through one account and sees the response."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from channels.accounts.credentials import account_value
from channels.admin import send_test as trial
from channels.base import Channel, Outcome, OutcomeKind
from channels.extension_points import address_books
from channels.models import ProviderAccount
from notifyproj.core.admin.pages import admin_page
from notifyproj.core.encryption import Undecryptable

HINTS = {
    Channel.EMAIL: "you@example.com",
    Channel.SMS: "+14155550123",
    Channel.PUSH: "A device token",
    Channel.WEB_PUSH: "A subscription as JSON",
    Channel.WEBHOOK: 'An endpoint as JSON: {"url": …, "secrets": [{"key": …, "until": null}]}',
    Channel.SLACK: "The URL of an incoming webhook",
}
SAID = {
    OutcomeKind.ACCEPTED: ("Accepted", "good"),
    OutcomeKind.DELIVERED: ("Delivered", "good"),
    OutcomeKind.RETRY: ("Temporary failure", "warn"),
    OutcomeKind.THROTTLED: ("Throttled", "warn"),
    OutcomeKind.BAD_RECIPIENT: ("Address rejected", "bad"),
    OutcomeKind.REJECTED: ("Message rejected", "bad"),
    OutcomeKind.MISCONFIGURED: ("Account rejected", "bad"),
    OutcomeKind.UNCERTAIN: ("No response", "warn"),
}


class TrialForm(forms.Form):
    to = forms.CharField(max_length=4_000, label="To")
    text = forms.CharField(max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}), label="Text")


def page(request: HttpRequest, row: ProviderAccount, log: Callable[[str], Any]) -> HttpResponse:
    if row.channel == Channel.INBOX:
        messages.info(request, "The in-app inbox has no provider to test.")
        return HttpResponseRedirect(_account(row))
    form = TrialForm(request.POST or None, initial={"text": _text(request, row)})
    form.fields["to"].help_text = f"{HINTS[Channel(row.channel)]}; or a recipient ID"
    verdict = None
    if request.method == "POST" and form.is_valid():
        verdict = _send(row, form.cleaned_data["to"].strip(), form.cleaned_data["text"])
        said = SAID[verdict.outcome.kind][0]
        log(f"Sent a test: {said[0].lower()}{said[1:]}.")
    return admin_page(
        request,
        "accounts/test.html",
        title=f"Test {row.slug}",
        account=row,
        form=form,
        verdict=verdict,
        said=SAID[verdict.outcome.kind] if verdict else None,
        back=_account(row),
    )


def _send(row: ProviderAccount, to: str, text: str) -> trial.Verdict:
    try:
        account = account_value(row)
    except Undecryptable:
        unreadable = "Its credentials cannot be decrypted with the current keys"
        outcome = Outcome(OutcomeKind.MISCONFIGURED, unreadable)
        return trial.Verdict(outcome, 0.0)
    found = (address for book in address_books if (address := book(row, to)))
    return trial.send(account, next(found, to), text)


def _text(request: HttpRequest, row: ProviderAccount) -> str:
    return f"A test through {row.slug}, sent by {request.user.get_username()}."


def _account(row: ProviderAccount) -> str:
    return reverse("admin:channels_provideraccount_change", args=[row.pk])
