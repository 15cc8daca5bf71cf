"""Apps and provider accounts in the admin: what they are, and how they do."""

from datetime import UTC
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from channels import registry
from channels.accounts.health import corrected
from channels.accounts.routes import routes
from channels.admin.account_actions import RESUMED, AccountActions
from channels.admin.account_form import (
    PLACE,
    PREFIX,
    AccountForm,
    fields_of,
    form_field,
    keep_credentials,
)
from channels.admin.account_state import milliseconds, money, share, state
from channels.models import AccountDay, App, ProviderAccount
from notifyproj.core.clock import now

HEALTH = ("state", "today", "cost", "success", "latency")
SENDING = ("serves", "costs", "weight", "rate_per_second", "daily_cap", "enabled")


@admin.register(App)
class AppAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    list_display = ("slug", "name", "channel", "platform")
    list_filter = ("channel",)
    search_fields = ("slug", "name")


@admin.register(ProviderAccount)
class ProviderAccountAdmin(AccountActions):
    form = AccountForm
    list_display = ("slug", "channel", "kind", "app", "weight", *HEALTH)
    list_filter = ("channel", "kind", "enabled")
    list_select_related = ("app",)
    search_fields = ("slug",)
    ordering = ("channel", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderAccount]:
        rows: QuerySet[ProviderAccount] = super().get_queryset(request)
        day = AccountDay.objects.filter(account=OuterRef("pk"), day=now().astimezone(UTC).date())
        return rows.annotate(
            spent=Subquery(day.values(n=F("ok") + F("failed"))),
            sent_today=Subquery(day.values(n=F("ok") - F("dead"))),
            cost_micros=Subquery(day.values("cost_micros")),
        )

    @admin.display(description="state")
    def state(self, account: Any) -> str:
        return state(account, account.spent or 0, now())

    @admin.display(description="sent today")
    def today(self, account: Any) -> str:
        """What the provider accepted; a cap counts attempts."""
        sent, attempts = f"{account.sent_today or 0:,}", f"{account.spent or 0:,}"
        if account.daily_cap:
            return f"{sent} ({attempts} of {account.daily_cap:,} attempts)"
        return sent if sent == attempts else f"{sent} ({attempts} attempts)"

    @admin.display(description="cost today")
    def cost(self, account: Any) -> str:
        return money(account.cost_micros or 0) if account.costs else "-"

    @admin.display(description="success", ordering="success_share")
    def success(self, account: ProviderAccount) -> str:
        return share(account.success_share)

    @admin.display(description="latency", ordering="latency_ms")
    def latency(self, account: ProviderAccount) -> str:
        return milliseconds(account.latency_ms)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "channel", "kind", *HEALTH) if obj else ()

    def formfield_for_dbfield(self, field: Any, request: Any, **kwargs: Any) -> Any:
        if field.name == "kind":
            choices = [(kind, kind) for kind in registry.kinds()]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """After the account has a kind, its credentials' fields are known."""
        extra = {PREFIX + n: form_field(f, obj) for n, f in fields_of(obj).items()}
        base = type("AccountForm", (AccountForm,), extra)
        return super().get_form(request, obj, form=base, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = AccountForm.Meta.fields
        if obj is None:
            return [(None, {"fields": [name for name in own if name != "enabled"]})]
        names = [PREFIX + name for name in fields_of(obj)]
        help_text = (
            "Leave a credential empty to keep it. With another app, endpoint, certificate or mail"
            " server, every credential must be entered again."
        )
        return [
            ("Status", {"fields": HEALTH}),
            (None, {"fields": [name for name in own if name not in SENDING]}),
            ("Sending", {"fields": SENDING}),
            ("Credentials and settings", {"fields": names, "description": help_text}),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.enabled = False  # until its credentials are there: the next page asks for them
        given = {n: form.cleaned_data.get(PREFIX + n, "") for n in fields_of(obj)}
        if change and form.is_elsewhere():
            obj.credentials = b""  # also what no key opens now, and an older one might later
        keep_credentials(obj, given)
        if change:  # nothing else: breaker, rate and health move beneath an open page
            obj.save(update_fields=[*SENDING, *PLACE, "credentials", "settings"])
            if form.is_corrected() and corrected(obj.pk):
                messages.info(request, RESUMED)
        else:
            super().save_model(request, obj, form, change)
        routes.forget()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """On to the credentials: which there are, the kind says."""
        messages.info(request, "Created, not enabled. Enter its credentials, then enable it.")
        return redirect("admin:channels_provideraccount_change", obj.pk)
