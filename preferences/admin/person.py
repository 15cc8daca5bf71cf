"""A person in the admin: found by id or address, what they want shown and changed.

Addresses appear masked and cannot be edited. Each change of what somebody wants is written like
their own word, with who made it. The tables under it are those of `person_tables`.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline

from channels.base import Channel
from notifyproj.core.admin.log_lists import KeyedAdmin
from preferences.addresses import addresses
from preferences.admin.person_forms import ChoiceForm, PersonForm
from preferences.admin.writes import pause_save, rows_save
from preferences.extension_points import Table, person_tables
from preferences.models import ContactPoint, Preference, QuietHours, Recipient
from preferences.recipients.services import NoSuchRecipient, recipient_erase


class ContactPointInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    model = ContactPoint
    extra = 0
    can_delete = False
    fields = (
        *("channel", "hint", "area", "app", "platform", "active", "inactive_reason"),
        *("registered_at", "last_seen_at"),
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactPoint]:
        rows: QuerySet[ContactPoint] = super().get_queryset(request)
        return rows.select_related("app").defer("address")


class PreferenceInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    model = Preference
    form = ChoiceForm
    extra = 0
    verbose_name = "preference"
    verbose_name_plural = "preferences"
    fields = ("type", "category", "channel", "enabled")


class QuietHoursInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    model = QuietHours
    extra = 0
    verbose_name_plural = "quiet hours (local time)"


@admin.register(Recipient)
class RecipientAdmin(KeyedAdmin):
    form = PersonForm
    list_display = ("external_id", "locale", "timezone", "paused_until", "created_at", "erased_at")
    search_fields = ("=external_id",)  # exact: the table is large and the index is on the whole
    search_help_text = "Full external ID, e-mail address or phone number (+14155550123)"
    fields = (
        *("external_id", "locale", "timezone", "paused_until", "attributes"),
        *("created_at", "erased_at"),
    )
    inlines = (ContactPointInline, PreferenceInline, QuietHoursInline)
    actions = ("erase",)
    change_form_outer_after_template = "admin/person.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        person = self.get_object(request, object_id) if request.method == "GET" else None
        shown = {**(extra_context or {}), "tables": _tables(request, person) if person else []}
        response: HttpResponse = super().change_view(request, object_id, form_url, shown)
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("external_id", "created_at", "erased_at")  # a person's key is bound to the id

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Recipient], search_term: str
    ) -> tuple[QuerySet[Recipient], bool]:
        """Addresses are found by their keyed hash; they are stored in no other way."""
        term = search_term.strip()
        if not term:
            return queryset, False
        points = ContactPoint.objects.filter(address_hash__in=_hashes(term))
        found = Q(external_id=term) | Q(pk__in=points.values("recipient_id"))
        return queryset.filter(found), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people come by the API, which makes their key

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        erased = obj is not None and obj.erased_at is not None
        return bool(super().has_change_permission(request, obj)) and not erased

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # erase instead: the log keeps its references

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only what was changed: an erasure at the same moment must not be undone."""
        if "paused_until" in form.changed_data:
            pause_save(request, obj)
        named = [name for name in form.changed_data if name != "paused_until"]
        if named:
            obj.save(update_fields=[*named, "updated_at"])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if not rows_save(request, formset):
            super().save_formset(request, form, formset, change)

    @admin.action(description="Erase personal data", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        for recipient in queryset:
            try:
                recipient_erase(external_id=recipient.external_id)
            except NoSuchRecipient:
                continue
            recipient.refresh_from_db()  # by its new name: the log is to say no other
            self.log_change(request, recipient, "Erased.")
        messages.success(request, "Personal data erased.")


def _tables(request: HttpRequest, person: Recipient) -> list[Table]:
    if not request.user.has_perm("preferences.view_recipient"):
        return []
    return [table for tables in person_tables for table in tables(request, person)]


def _hashes(term: str) -> list[bytes]:
    found: list[bytes] = []
    for channel in (Channel.EMAIL, Channel.SMS):
        found += [addresses.hash_of(channel, term), *addresses.former_hashes_of(channel, term)]
    return found
