"""What operators do with accounts: pause, resume, move a breaker by hand. Each is in the log."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from channels.accounts.choose import CLOSED, OPEN
from channels.accounts.health import hold, resume
from channels.accounts.routes import routes
from channels.admin import send_test_page as trial_page
from channels.models import ProviderAccount

Accounts = QuerySet[ProviderAccount]
RESUMED = "Resumed. Waiting messages are sent in batches."


class PauseForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        help_text="Shown to everyone who opens this account.",
        error_messages={"required": "Enter a reason."},
        widget=UnfoldAdminTextInputWidget(),
    )


class AccountActions(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    actions = ("pause", "resume_sending", "breaker_open", "breaker_closed", "breaker_automatic")
    actions_detail = ("send_test",)

    @action(description="Send test…", url_path="test", permissions=["change"])  # type: ignore[untyped-decorator]  # Unfold has no types
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return trial_page.page(request, row, lambda text: self.log_change(request, row, text))

    @admin.action(description="Suspend…", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: Accounts) -> TemplateResponse | None:
        """Asks for a reason first."""
        form = PauseForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, queryset, form)
        reason, by = form.cleaned_data["reason"], request.user.get_username()
        for account in queryset:
            if hold(account.pk, reason, by):
                self.log_change(request, account, f"Suspended: {reason}")
        messages.success(
            request, "Suspended. Nothing is sent through these accounts until they are resumed."
        )
        return None

    def _ask(self, request: HttpRequest, queryset: Accounts, form: PauseForm) -> TemplateResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Suspend provider accounts",
            "opts": self.opts,
            "form": form,
            "accounts": [(account, takes_over(account, queryset)) for account in queryset],
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "accounts/pause.html", context)

    @admin.action(description="Resume", permissions=["change"])
    def resume_sending(self, request: HttpRequest, queryset: Accounts) -> None:
        for account in queryset:
            resume(account.pk)
            self.log_change(request, account, "Resumed.")
        messages.success(request, RESUMED)

    @admin.action(description="Circuit breaker: open (send nothing)", permissions=["change"])
    def breaker_open(self, request: HttpRequest, queryset: Accounts) -> None:
        self._force(request, queryset, OPEN, "Circuit breaker opened manually.")

    @admin.action(description="Circuit breaker: keep closed", permissions=["change"])
    def breaker_closed(self, request: HttpRequest, queryset: Accounts) -> None:
        self._force(request, queryset, CLOSED, "Circuit breaker kept closed manually.")

    @admin.action(description="Circuit breaker: automatic", permissions=["change"])
    def breaker_automatic(self, request: HttpRequest, queryset: Accounts) -> None:
        self._force(request, queryset, "", "Circuit breaker automatic.")

    def _force(self, request: HttpRequest, queryset: Accounts, forced: str, word: str) -> None:
        for account in queryset:
            ProviderAccount.objects.filter(pk=account.pk).update(breaker_forced=forced)
            self.log_change(request, account, word)
        routes.forget()
        messages.success(request, f"{word} Workers apply it within a second.")


def takes_over(account: ProviderAccount, besides: Accounts) -> str:
    """Who may send instead while it is paused; "" when its messages wait."""
    others = ProviderAccount.objects.filter(
        channel=account.channel, app=account.app_id, enabled=True, held_at=None
    ).exclude(pk__in=[each.pk for each in besides])
    able = [o for o in others if o.breaker_forced != OPEN and _overlap(o.serves, account.serves)]
    return ", ".join(each.slug for each in able)


def _overlap(some: list[str], others: list[str]) -> bool:
    """Of areas; none named are all."""
    return not some or not others or not set(some).isdisjoint(others)
