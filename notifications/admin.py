"""The log in the admin: read only, newest first, never counted. Cancelling is the one act."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from channels.base import Lane
from notifications import person_page as person_page  # registers itself
from notifications import selectors, traces
from notifications.callbacks import admin as callbacks_admin  # noqa: F401 - registers itself
from notifications.cancelling import cancel
from notifications.models import Delivery, Notification
from notifications.reasons import words
from notifications.statuses import NotificationState, State
from notifyproj.core.ids import instant_of
from notifyproj.core.pagination import BoundedPaginator
from preferences.catalogue import PRIORITY_OF, catalogue


class LogAdmin(ModelAdmin):  # type: ignore[misc]
    ordering = ("-id",)
    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="created")
    def created(self, row: Notification | Delivery) -> Any:
        return instant_of(row.pk)


@admin.register(Notification)
class NotificationAdmin(LogAdmin):
    list_display = ("id", "created", "type_name", "priority", "status", "channels", "audience")
    list_filter = ("state", "lane")
    search_fields = ("=id",)
    search_help_text = "The whole id"
    fields = (
        *("id", "created", "type_name", "priority", "status", "channels", "audience"),
        *("scheduled_at", "expires_at", "cancelled_at", "collapse_key", "metadata", "deliveries"),
    )
    readonly_fields = fields
    actions = ("cancel_selected",)

    @admin.display(description="type")
    def type_name(self, row: Notification) -> str:
        type_ = catalogue.get().by_id.get(row.type_id)
        return type_.slug if type_ else ""

    @admin.display(description="priority")
    def priority(self, row: Notification) -> str:
        return PRIORITY_OF[Lane(row.lane)]

    @admin.display(description="status")
    def status(self, row: Notification) -> str:
        return str(NotificationState(row.state).label)

    @admin.display(description="audience")
    def audience(self, row: Notification) -> str:
        if row.everyone:
            return "everyone"
        return f"{len(row.recipient_ids) + len(row.unknown_recipients):,}"

    @admin.display(description="deliveries")
    def deliveries(self, row: Notification) -> SafeString:
        """What happened to each, with every try."""
        found = selectors.notification_get(row.pk, None)
        rows = found.deliveries[:100] if found else []
        return format_html_join(
            "",
            "<p><a href='{}'><b>{}</b> {} {}</a>: {} {}</p>{}",
            (
                (
                    reverse("admin:notifications_delivery_change", args=[item.id]),
                    item.channel,
                    item.user_id or "",
                    item.to,
                    item.status,
                    f"({item.reason_text})" if item.reason_text else "",
                    timeline(item),
                )
                for item in rows
            ),
        )

    @admin.action(description="Cancel what has not left yet", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        cancelled = 0
        for row in queryset:
            done = cancel(notification_id=str(row.pk), service_id=row.service_id)
            cancelled += done.deliveries if done else 0
            self.log_change(request, row, "Cancelled.")
        messages.success(request, f"{cancelled:,} waiting messages will not go out.")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_notification"))


@admin.register(Delivery)
class DeliveryAdmin(LogAdmin):
    list_display = ("id", "created", "channel", "status", "why", "attempts", "due_at", "settled_at")
    list_filter = ("state", "channel", "lane")
    search_fields = ("=id", "=notification_id")
    search_help_text = "The whole id of a delivery or a notification"
    fields = (
        *("id", "notification", "created", "channel", "status", "why", "attempts", "claims"),
        *("crashes", "due_at", "held_by", "expires_at", "settled_at", "decided", "timeline"),
    )
    readonly_fields = fields

    @admin.display(description="status")
    def status(self, row: Delivery) -> str:
        return str(State(row.state).label)

    @admin.display(description="why")
    def why(self, row: Delivery) -> str:
        return words(row.reason)

    @admin.display(description="notification")
    def notification(self, row: Delivery) -> SafeString:
        url = reverse("admin:notifications_notification_change", args=[row.notification_id])
        return format_html("<a href='{}'>{}</a>", url, row.notification_id)

    @admin.display(description="decided")
    def decided(self, row: Delivery) -> SafeString:
        """What the rules said when it was planned, and what holds now."""
        said = traces.read(row.trace, row.reason)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", said))

    @admin.display(description="timeline")
    def timeline(self, row: Delivery) -> SafeString:
        return timeline(selectors.delivery_views([row])[0])


def timeline(item: selectors.DeliveryView) -> SafeString:
    entries = format_html_join(
        "",
        "<li>{} {} {}</li>",
        ((f"{e.at:%d %b %H:%M:%S}", e.event, e.detail) for e in item.timeline),
    )
    return format_html("<ul>{}</ul>", entries)
