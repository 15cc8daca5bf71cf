"""Open digests in the admin: whose, of what, with how much in it, and when it goes out."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications.digests.models import Digest
from notifyproj.core.admin.log_lists import LogAdmin
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from notifyproj.core.templatetags.admin_site import moment
from preferences.facts.types import catalogue
from preferences.models import Recipient

SOON = "now"  # it is due: the sweep closes it within seconds


@admin.register(Digest)
class DigestAdmin(LogAdmin):
    """What was closed has become a notification, or nothing: it is in the log."""

    list_display = ("person", "kind", "items", "service", "opened", "closes")
    list_display_links = None
    search_fields = ("recipient_id",)
    search_help_text = "Full recipient ID"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Digest]:
        rows: QuerySet[Digest] = super().get_queryset(request)
        return rows.filter(state=Digest.State.OPEN)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Digest], search_term: str
    ) -> tuple[QuerySet[Digest], bool]:
        people = Recipient.objects.filter(external_id=search_term.strip()).values_list("pk")
        return (queryset.filter(recipient_id__in=people) if search_term else queryset), False

    def dressed(self, rows: list[Digest]) -> list[Digest]:
        people = Recipient.objects.filter(pk__in={row.recipient_id for row in rows})
        names = dict(people.values_list("pk", "external_id"))
        services = dict(Service.objects.values_list("pk", "slug"))
        for row in rows:
            row.person_name = names.get(row.recipient_id, "")  # type: ignore[attr-defined]  # for the columns of the list
            row.service_slug = services.get(row.service_id, "")  # type: ignore[attr-defined]  # for the columns of the list
        return rows

    @admin.display(description="person")
    def person(self, row: Any) -> SafeString | str:
        if not row.person_name:
            return ""
        url = reverse("admin:preferences_recipient_change", args=[row.recipient_id])
        return format_html('<a href="{}" class="underline">{}</a>', url, row.person_name)

    @admin.display(description="notification type")
    def kind(self, row: Digest) -> str:
        found = catalogue.get().by_id.get(row.type_id)
        return found.slug if found else "removed"

    @admin.display(description="items")
    def items(self, row: Digest) -> str:
        return f"{row.count} of {row.full_at}" if row.full_at else str(row.count)

    @admin.display(description="service")
    def service(self, row: Any) -> str:
        return str(row.service_slug)

    @admin.display(description="opened")
    def opened(self, row: Digest) -> SafeString | str:
        return moment(row.opened_at)

    @admin.display(description="closes")
    def closes(self, row: Digest) -> SafeString | str:
        return moment(row.closes_at) if row.closes_at > now() else SOON
