"""The consent log in the admin: read only, as the database refuses changes, too."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from notifyproj.core.admin.log_lists import LogAdmin
from preferences.models import ConsentEvent


class ReviewFilter(admin.SimpleListFilter):
    """What people wrote in their own words and was taken for a STOP: somebody should review it."""

    title = "needs review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Interpreted as STOP")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ConsentEvent]
    ) -> QuerySet[ConsentEvent]:
        return queryset.filter(evidence__review=True) if self.value() == "yes" else queryset


@admin.register(ConsentEvent)
class ConsentEventAdmin(LogAdmin):
    list_display = ("at", "recipient", "what", "channel", "action", "source", "said")
    list_filter = ("about", "action", "source", "channel", ReviewFilter)
    list_select_related = ("recipient", "type", "category")
    search_fields = ("=recipient__external_id",)
    search_help_text = "Full recipient ID"
    fields = (
        *("at", "recipient", "about", "channel", "type", "category"),
        *("action", "source", "evidence", "wording"),
    )
    readonly_fields = fields

    @admin.display(description="about")
    def what(self, row: ConsentEvent) -> str:
        if row.about != ConsentEvent.About.CHOICE:
            return row.get_about_display()
        return str(row.type or row.category or "Everything")

    @admin.display(description="message text")
    def said(self, row: ConsentEvent) -> str:
        return str(row.evidence.get("text") or row.evidence.get("keyword") or "")
