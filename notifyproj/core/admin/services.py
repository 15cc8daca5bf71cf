"""Services and API keys in the admin. A key's secret is shown once, in the answer to its making."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from notifyproj.core.alerts.alerts import alert_resolve
from notifyproj.core.api.keys import api_key_create, api_key_revoke
from notifyproj.core.models import Alert, ApiKey, Scope, Service


class ApiKeyInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    model = ApiKey
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "name",
        "hint",
        "scopes",
        "created_at",
        "last_used_at",
        "revoked_at",
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Service)
class ServiceAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    list_display = ("slug", "name", "rate_per_second", "enabled")
    search_fields = ("slug", "name")
    inlines = (ApiKeyInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ("service", "name", "scopes")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    form = ApiKeyForm
    list_display = ("service", "name", "hint", "scopes", "last_used_at", "revoked_at")
    list_filter = ("service",)
    list_select_related = ("service",)
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("service", "scopes", "hint", "created_at", "last_used_at", "revoked_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = ("service", "name", "scopes")
        return fields if obj is None else (*fields, "hint", "created_at", "last_used_at")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = api_key_create(service=obj.service, scopes=obj.scopes, name=obj.name)
        obj.pk, obj.hash, obj.hint, obj.created_at = made.pk, made.hash, made.hint, made.created_at
        obj._state.adding = False
        messages.warning(request, f"API key (shown only once): {secret}")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # revoked keys stay, so that what they did can be told

    @admin.action(description="Revoke API keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            api_key_revoke(key=key)
            self.log_change(request, key, "Revoked.")
        messages.success(request, "Revoked; they stop working within five seconds.")


@admin.register(Alert)
class AlertAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """Open ones first. They resolve by themselves where the platform sees the cause mended."""

    list_display = ("title", "state", "count", "last_at", "first_at", "key")
    list_display_links = ("title",)
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    search_fields = ("key", "title")
    ordering = (F("resolved_at").desc(nulls_first=True), "-last_at")
    actions = ("resolve",)
    readonly_fields = (
        "key",
        "title",
        "detail",
        "count",
        "first_at",
        "last_at",
        "told_at",
        "resolved_at",
    )

    @admin.display(description="State")
    def state(self, alert: Alert) -> str:
        if alert.resolved_at:
            return "resolved"
        return "open, notified" if alert.told_at else "open"

    @admin.action(description="Resolve alerts", permissions=["change"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        for alert in queryset.filter(resolved_at=None):
            alert_resolve(key=alert.key)
            self.log_change(request, alert, "Resolved.")
        messages.success(request, "Resolved. It opens again if the problem returns.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
