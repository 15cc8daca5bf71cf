"""Webhooks (status endpoints) and their deliveries (status events) in the admin.

A secret is shown once, when it is made.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from notifications.status_events import selectors, services
from notifications.status_events.models import NAMES, StatusEndpoint, StatusEvent
from notifications.status_events.services import EndpointFields
from notifyproj.core.admin.log_lists import LogAdmin
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now
from notifyproj.core.ids import instant_of
from preferences.facts.types import catalogue

OWN = ("url", "events", "types", "description", "owner_email", "enabled")


def known_types() -> list[tuple[str, str]]:
    return [(value.slug, value.slug) for value in catalogue.get().by_id.values()]


class StatusEndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    events = forms.MultipleChoiceField(
        choices=NAMES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None selected: all.",
    )
    types = forms.MultipleChoiceField(
        choices=known_types,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None selected: all.",
    )

    class Meta:
        model = StatusEndpoint
        labels = {"url": "URL", "owner_email": "Owner's e-mail"}
        fields = ("service", *OWN)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            before = StatusEndpoint.objects.filter(pk=self.instance.pk).first()
            services.check(self.as_fields(cleaned), before)
        except InvalidFields as error:
            for name, text in error.fields.items():
                self.add_error(name, text)
        return cleaned

    def as_fields(self, cleaned: dict[str, Any]) -> EndpointFields:
        return EndpointFields(
            **{name: cleaned[name] for name in OWN if cleaned.get(name) is not None}
        )


@admin.register(StatusEndpoint)
class StatusEndpointAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    form = StatusEndpointForm
    list_display = ("id", "service", "description", "shown_status", "reason", "failing_since")
    list_filter = ("enabled", "service")
    list_select_related = ("service",)
    search_fields = ("description", "url")
    readonly_fields = (
        *("shown_status", "reason", "failing_since", "suspended_at", "full_since", "created_at"),
        "log",
    )
    actions = ("resume", "send_test", "replay_day", "rotate_secret")

    @admin.display(description="status")
    def shown_status(self, row: StatusEndpoint) -> str:
        return selectors.status_of(row) if row.pk else ""

    @admin.display(description="log")
    def log(self, row: StatusEndpoint) -> SafeString:
        url = reverse("admin:status_events_statusevent_changelist")
        return format_html(
            "<a href='{}?endpoint__id__exact={}'>Webhook deliveries</a>", url, row.pk
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "service") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("service", *OWN, *self.readonly_fields) if obj else ("service", *OWN)

    def save_model(
        self, request: HttpRequest, obj: StatusEndpoint, form: Any, change: bool
    ) -> None:
        fields = form.as_fields(form.cleaned_data)
        if change:
            before = StatusEndpoint.objects.get(pk=obj.pk)
            services.endpoint_update(endpoint=before, fields=fields)
            return
        made, secret = services.endpoint_create(service_id=obj.service_id, fields=fields)
        obj.pk, obj.created_at = made.pk, made.created_at
        obj._state.adding = False
        messages.warning(request, f"Signing secret (shown only once): {secret}")

    def delete_model(self, request: HttpRequest, obj: StatusEndpoint) -> None:
        services.endpoint_delete(endpoint=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[StatusEndpoint]) -> None:
        for row in queryset:
            services.endpoint_delete(endpoint=row)

    @admin.action(description="Resume webhooks", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[StatusEndpoint]) -> None:
        for row in queryset:
            services.endpoint_resume(endpoint=row)
            self.log_change(request, row, "Resumed.")
        messages.success(request, "Resumed. Waiting events are being sent.")

    @admin.action(description="Send test event", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[StatusEndpoint]) -> None:
        for row in queryset:
            id_ = services.event_test(endpoint=row, now=now())
            messages.success(request, f"Test event sent to {row}: {id_}")

    @admin.action(description="Replay the last 24 hours", permissions=["change"])
    def replay_day(self, request: HttpRequest, queryset: QuerySet[StatusEndpoint]) -> None:
        for row in queryset:
            until, since = now(), now() - timedelta(days=1)
            done = services.events_replay(endpoint=row, since=since, until=until)
            self.log_change(request, row, f"Replayed {done.events} events.")
            more = f"; there are more, from {done.next_from:%H:%M} UTC" if done.next_from else ""
            messages.success(request, f"{done.events:,} events are sent to {row} again{more}.")

    @admin.action(
        description="Rotate secret (the old one stays valid for 24 hours)", permissions=["change"]
    )
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[StatusEndpoint]) -> None:
        for row in queryset:
            secret, _ = services.secret_rotate(endpoint=row, now=now())
            self.log_change(request, row, "New secret.")
            messages.warning(request, f"Signing secret of {row} (shown only once): {secret}")


@admin.register(StatusEvent)
class StatusEventAdmin(LogAdmin):
    list_display = ("id", "created", "endpoint", "event", "state", "tries", "due_at", "settled_at")
    list_filter = ("state", "event")
    list_select_related = ("endpoint",)
    search_fields = ("=id", "=delivery_id")
    search_help_text = "Full ID of an event or a delivery"
    fields = (
        *("id", "created", "endpoint", "event", "state", "delivery_id"),
        *("due_at", "settled_at", "body", "log"),
    )
    readonly_fields = fields
    actions = ("send_again",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("status_events.change_statusevent"))

    @admin.display(description="created")
    def created(self, row: StatusEvent) -> str:
        return f"{instant_of(row.pk):%d %b %Y %H:%M:%S} UTC"

    @admin.display(description="attempts")
    def log(self, row: StatusEvent) -> SafeString:
        tries = selectors.tries_of([row.pk]).get(row.pk, [])
        entries = format_html_join("", "<li>{}</li>", ((line(one),) for one in tries))
        return format_html("<ul>{}</ul>", entries)

    @admin.action(description="Resend events", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[StatusEvent]) -> None:
        sent = sum(services.event_resend(event=row) for row in queryset)
        messages.success(request, f"{sent} resent; the others are already waiting.")


def line(one: selectors.TryView) -> str:
    answer = f"{one.status} {one.excerpt}" if one.status else one.reason
    return f"{one.number}: {one.started_at:%d %b %H:%M:%S}, {one.duration_ms:,} ms, {answer}"
