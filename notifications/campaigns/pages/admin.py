"""The list of campaigns in the admin, and the routes of their pages."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from notifications.campaigns.models import Campaign
from notifications.campaigns.pages import actions as acts
from notifications.campaigns.pages import labels, preview
from notifications.campaigns.pages import preflight as preflight_page
from notifications.campaigns.pages import progress as running_page
from notifications.campaigns.pages import report as report_page
from notifications.campaigns.pages import write as writing_page
from notifications.campaigns.report.state_counts import NOTHING_YET, Standing, standings
from notifications.campaigns.states import CampaignState
from notifyproj.core.admin.log_filters import choice
from notifyproj.core.templatetags.admin_site import moment, status
from preferences.models import NotificationType

ROUTES = (
    ("<path:object_id>/copy/", writing_page.copy, "copy"),
    ("<path:object_id>/preflight/", preflight_page.before_launch, "preflight"),
    ("<path:object_id>/preflight/found/", preflight_page.found, "preflight_found"),
    ("<path:object_id>/test/", preflight_page.send_test, "test"),
    ("<path:object_id>/approve/", preflight_page.approve, "approve"),
    ("<path:object_id>/launch/", preflight_page.launch, "launch"),
    ("<path:object_id>/past/", preflight_page.past, "past"),
    ("<path:object_id>/unschedule/", preflight_page.unschedule, "unschedule"),
    ("<path:object_id>/progress/", running_page.running, "progress"),
    ("<path:object_id>/progress.json", running_page.as_json, "progress_json"),
    ("<path:object_id>/report/", report_page.report_of, "report"),
    ("<path:object_id>/report/held-out/", report_page.held_out_of, "held_out"),
    ("<path:object_id>/report.csv", report_page.as_csv_of, "report_csv"),
    ("<path:object_id>/pause/", acts.pause, "pause"),
    ("<path:object_id>/resume/", acts.resume, "resume"),
    ("<path:object_id>/cancel/", acts.cancel, "cancel"),
    ("<path:object_id>/rate/", acts.rate, "rate"),
)


NAMED = '<span class="camp-listed"><a href="{}"><b>{}</b></a><span>{}</span></span>'


class StandingList(ChangeList):
    """With how each stands, asked for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        found = standings(rows)
        for row in rows:
            row.standing = found[row.pk]
        self.result_list = rows


def _types() -> Iterable[tuple[str, str]]:
    return NotificationType.objects.order_by("name").values_list("slug", "name")


def _owners() -> Iterable[tuple[str, str]]:
    owners = Campaign.objects.exclude(owner=None).values("owner")
    rows = User.objects.filter(pk__in=owners).order_by("username")
    return [(name, name) for name in rows.values_list("username", flat=True)]


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    list_display = ("named", "stands", "reached", "progress", "sent", "failed", "when", "whose")
    list_display_links = None
    list_filter = (
        choice("state", "state", lambda: CampaignState.choices, lambda name: Q(state=name)),
        choice("type", "notification type", _types, lambda slug: Q(type__slug=slug)),
        choice("owner", "owner", _owners, lambda name: Q(owner__username=name)),
    )
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ("type", "segment", "owner", "service")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = None

    class Media:
        css = {"all": ("campaigns/campaigns.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StandingList

    def get_urls(self) -> list[URLPattern]:
        own = [path("preview/", preview.preview, name="preview")]
        own += [path(route, view, name=name) for route, view, name in ROUTES]
        wrapped = [
            path(
                str(each.pattern),
                self.admin_site.admin_view(each.callback),
                name=f"campaigns_campaign_{each.name}",
            )
            for each in own
        ]
        found: list[URLPattern] = super().get_urls()
        return wrapped + found

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return writing_page.add(request)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        return writing_page.change(request, object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        draft = obj is None or (obj.state == CampaignState.DRAFT and not obj.runs_begun)
        return may and draft

    def get_deleted_objects(self, objs: QuerySet[Campaign], request: HttpRequest) -> Any:
        """Its variants have no page of their own to ask a permission of."""
        shown, counted, _, protected = super().get_deleted_objects(objs, request)
        return shown, counted, set(), protected

    @admin.display(description="name")
    def named(self, row: Campaign) -> SafeString:
        page = "change" if row.state == CampaignState.DRAFT else "progress"
        url = reverse(f"admin:campaigns_campaign_{page}", args=[row.pk])
        return format_html(NAMED, url, row.name, row.type.name)

    @admin.display(description="state")
    def stands(self, row: Campaign) -> SafeString:
        return status(row.get_state_display().lower(), labels.TONES[row.state])

    @admin.display(description="audience")
    def reached(self, row: Campaign) -> str:
        return row.segment.name if row.segment else "Everyone"

    @admin.display(description="progress")
    def progress(self, row: Campaign) -> SafeString | str:
        found = _standing(row)
        if found.run is None:
            return ""
        return format_html(
            '<span class="camp-listed"><span class="admin-bar" aria-hidden="true">'
            '<span style="width:{}%"></span></span>{} of about {}</span>',
            round(found.share * 100),
            f"{found.visited:,}",
            f"{found.people:,}",
        )

    @admin.display(description="sent")
    def sent(self, row: Campaign) -> str:
        found = _standing(row)
        return f"{found.sent:,}" if found.run else ""

    @admin.display(description="failed")
    def failed(self, row: Campaign) -> str:
        found = _standing(row)
        return f"{found.failed:,}" if found.run else ""

    @admin.display(description="starts")
    def when(self, row: Campaign) -> SafeString | str:
        run = _standing(row).run
        if row.state == CampaignState.SCHEDULED or run is None:
            return labels.when(row)
        return moment(run.began_at)

    @admin.display(description="owner")
    def whose(self, row: Campaign) -> str:
        return str(row.owner) if row.owner else row.service.name


def _standing(row: Campaign) -> Standing:
    found: Standing = getattr(row, "standing", NOTHING_YET)
    return found
