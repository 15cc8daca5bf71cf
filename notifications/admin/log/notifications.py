"""Notifications in the admin: the list, and what became of each one's deliveries."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from channels.base import Lane
from notifications.admin.log.filters import OF_NOTIFICATIONS
from notifications.admin.log.names import type_slug
from notifications.admin.log.notification_page import notification_context
from notifications.history.by_person import to_recipient
from notifications.history.status import statuses_of
from notifications.models import Notification
from notifications.services.cancel import cancel
from notifications.statuses import NotificationStatus
from notifyproj.core.admin.log_lists import StoryAdmin
from notifyproj.core.admin.pages import admin_page
from notifyproj.core.ids import instant_of
from notifyproj.core.models import Service
from notifyproj.core.templatetags.admin_site import copyable, moment, status
from preferences.facts.types import PRIORITY_OF

TONES = {
    NotificationStatus.SCHEDULED: "busy",
    NotificationStatus.ACCEPTED: "busy",
    NotificationStatus.PAUSED: "warn",
    NotificationStatus.PROCESSING: "busy",
    NotificationStatus.COMPLETED: "good",
    NotificationStatus.CANCELLED: "none",
    NotificationStatus.EXPIRED: "warn",
}


@admin.register(Notification)
class NotificationAdmin(StoryAdmin):
    list_display = (
        *("shown_status", "type_name", "to_channels", "audience", "priority"),
        *("service", "created", "short_id"),
    )
    list_display_links = ("shown_status",)
    list_filter = OF_NOTIFICATIONS
    search_fields = ("id",)
    search_help_text = "Full ID of a notification or a recipient"
    actions = ("cancel_selected",)

    def dressed(self, rows: list[Notification]) -> list[Notification]:
        services = dict(Service.objects.values_list("pk", "slug"))
        statuses = statuses_of(rows)
        for row in rows:
            row.service_slug = services.get(row.service_id, "")  # type: ignore[attr-defined]  # for the columns of the list
            row.status = statuses[row.pk]  # type: ignore[attr-defined]  # for the columns of the list
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        term = search_term.strip()
        return (queryset.filter(_found_by(term)) if term else queryset), False

    def story(self, request: HttpRequest, row: Notification) -> HttpResponse:
        context = notification_context(row)
        context["may_cancel"] = context["is_open"] and self.has_cancel_permission(request)
        [dressed] = self.dressed([row])
        context |= {"state_word": self.shown_status(dressed), "opts": self.opts}
        title = type_slug(row.type_id) or "removed"
        return admin_page(request, "log/notification.html", title=title, **context)

    @admin.display(description="type")
    def type_name(self, row: Notification) -> str:
        return type_slug(row.type_id)

    @admin.display(description="priority")
    def priority(self, row: Notification) -> str:
        return PRIORITY_OF[Lane(row.lane)]

    @admin.display(description="status")
    def shown_status(self, row: Any) -> SafeString:
        return status(row.status, TONES[row.status])

    @admin.display(description="channels")
    def to_channels(self, row: Notification) -> str:
        return ", ".join(row.channels)

    @admin.display(description="people")
    def audience(self, row: Notification) -> str:
        if row.everyone:
            return "everyone"
        return f"{len(row.recipient_ids) + len(row.unknown_recipients):,}"

    @admin.display(description="service")
    def service(self, row: Any) -> str:
        return str(row.service_slug)

    @admin.display(description="created")
    def created(self, row: Notification) -> SafeString | str:
        return moment(instant_of(row.pk))

    @admin.display(description="id")
    def short_id(self, row: Notification) -> SafeString:
        return copyable(row.pk)

    @admin.action(description="Cancel waiting messages", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        cancelled = 0
        for row in queryset:
            done = cancel(notification_id=str(row.pk), service_id=row.service_id)
            cancelled += done.deliveries if done else 0
            if done and not done.too_late:
                self.log_change(request, row, "Cancelled.")
        messages.success(request, f"{cancelled:,} waiting messages were cancelled.")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_notification"))


def _found_by(term: str) -> Q:
    try:
        return Q(pk=UUID(term))
    except ValueError:
        return to_recipient(term, None)
