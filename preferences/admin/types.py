"""Notification types and suppressions in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from notifyproj.core.admin.log_lists import KeyedAdmin
from preferences.admin.categories_and_caps import TypeCapInline
from preferences.admin.type_form import TypeForm
from preferences.admin.writes import suppression_delete
from preferences.models import NotificationType, Suppression


@admin.register(NotificationType)
class NotificationTypeAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    form = TypeForm
    list_display = ("slug", "name", "channels", "max_priority", "routing", "mandatory", "enabled")
    list_filter = ("category", "legal_class", "max_priority", "routing", "enabled")
    search_fields = ("slug", "name")
    autocomplete_fields = ("fixed_account",)
    inlines = (TypeCapInline,)
    fieldsets = [
        (None, {"fields": ("slug", "name", "description", "category", "template", "enabled")}),
        ("Translations", {"fields": ("names", "descriptions")}),
        ("Legal classification", {"fields": ("legal_class", "mandatory")}),
        ("Channels", {"fields": ("channels", "opt_in_channels", "fallbacks")}),
        ("Account routing", {"fields": ("routing", "fixed_account")}),
        (
            "Timing",
            {
                "fields": (
                    *("max_priority", "ttl_seconds", "passes_quiet_hours"),
                    ("send_from", "send_until"),
                )
            },
        ),
        ("Frequency", {"fields": ("duplicate_seconds", "over_cap", "digest")}),
        (
            "Delivery and tracking",
            {
                "fields": (
                    "on_uncertain",
                    "retry_late_failures",
                    "track_opens",
                    "track_clicks",
                    "sensitive",
                )
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()


@admin.register(Suppression)
class SuppressionAdmin(KeyedAdmin):
    list_display = ("channel", "reason", "source", "created_at")
    list_filter = ("channel",)
    fields = readonly_fields = ("channel", "reason", "source", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        suppression_delete(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        for row in queryset:
            self.delete_model(request, row)
