"""People and what they agreed to, in the admin. Addresses appear masked and cannot be edited."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from notifyproj.core.pagination import BoundedPaginator
from preferences import consent_admin  # noqa: F401 - registers itself
from preferences.models import (
    ContactPoint,
    NotificationType,
    Preference,
    QuietHours,
    Recipient,
    Suppression,
)
from preferences.services import NoSuchRecipient, recipient_erase
from preferences.type_form import TypeForm


class ContactPointInline(TabularInline):  # type: ignore[misc]
    model = ContactPoint
    extra = 0
    can_delete = False
    fields = ("channel", "hint", "app", "platform", "active", "inactive_reason", "last_seen_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactPoint]:
        rows: QuerySet[ContactPoint] = super().get_queryset(request)
        return rows.select_related("app").defer("address")


class PreferenceInline(TabularInline):  # type: ignore[misc]
    model = Preference
    extra = 0
    fields = ("type", "channel", "enabled")


class QuietHoursInline(TabularInline):  # type: ignore[misc]
    model = QuietHours
    extra = 0


@admin.register(Recipient)
class RecipientAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("external_id", "locale", "timezone", "created_at", "erased_at")
    search_fields = ("=external_id",)  # exact: the table is large and the index is on the whole
    search_help_text = "The whole external id"
    ordering = ("-pk",)
    show_full_result_count = False
    paginator = BoundedPaginator
    fields = ("external_id", "locale", "timezone", "attributes", "created_at", "erased_at")
    inlines = (ContactPointInline, PreferenceInline, QuietHoursInline)
    actions = ("erase",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("external_id", "created_at", "erased_at")  # a person's key is bound to the id

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people come by the API, which makes their key

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # erase instead: the log keeps its references

    @admin.action(description="Erase personal data")
    def erase(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        for recipient in queryset:
            try:
                recipient_erase(external_id=recipient.external_id)
            except NoSuchRecipient:
                continue
            self.log_change(request, recipient, "Erased.")
        messages.success(request, "Erased.")


@admin.register(NotificationType)
class NotificationTypeAdmin(ModelAdmin):  # type: ignore[misc]
    form = TypeForm
    list_display = ("slug", "name", "channels", "max_priority", "routing", "mandatory", "enabled")
    list_filter = ("max_priority", "routing", "enabled")
    search_fields = ("slug", "name")
    autocomplete_fields = ("fixed_account",)
    fieldsets = [
        (None, {"fields": ("slug", "name", "description", "template", "enabled")}),
        ("Where it goes", {"fields": ("channels", "opt_in_channels", "fallbacks")}),
        ("Through which account", {"fields": ("routing", "fixed_account")}),
        ("When", {"fields": ("max_priority", "mandatory", "passes_quiet_hours", "ttl_seconds")}),
        (
            "What is kept of it",
            {"fields": ("on_uncertain", "track_opens", "track_clicks", "sensitive")},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("channel", "reason", "source", "created_at")
    list_filter = ("channel",)
    ordering = ("-pk",)
    show_full_result_count = False
    paginator = BoundedPaginator
    fields = readonly_fields = ("channel", "reason", "source", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
