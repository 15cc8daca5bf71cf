"""Segments in the admin: rules by the builder, or as JSON where there is no script."""

import json
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from notifications.segments import services
from notifications.segments.admin import pages as admin_pages
from notifications.segments.admin.choices import choices
from notifications.segments.admin.forms import NEW_RULES, SegmentForm
from notifications.segments.models import Segment
from notifications.segments.people.count import Count
from notifyproj.core.api.bodies import BodyLimit, takes_body
from notifyproj.core.api.errors import ApiError
from notifyproj.core.templatetags.admin_site import moment

UPLOADED = BodyLimit(256 << 20)  # a file that is written to the disk before it is read


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    form = SegmentForm
    list_display = ("name", "slug", "shown_kind", "people", "counted", "changed")
    list_filter = ("kind",)
    search_fields = ("name", "slug", "description")
    list_select_related = ()
    actions = ("count_again",)
    fields = ("name", "slug", "description", "rules")
    prepopulated_fields = {"slug": ("name",)}
    change_form_outer_after_template = "segments/beside.html"
    warn_unsaved_form = True

    class Media:
        css = {"all": ("segments/builder.css",)}
        js = (Script("segments/builder.js", type="module"),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        one = "<path:object_id>"
        own = [
            path("look/", view(self.look), name="segments_segment_look"),
            path(f"{one}/people/", view(self.people_page), name="segments_people"),
            path(f"{one}/upload/", view(self.upload), name="segments_upload"),
            path(f"{one}/upload/state/", view(self.upload_state), name="segments_upload_state"),
            path(f"uploads/{one}/undo/", view(self.undo), name="segments_undo"),
            path(f"uploads/{one}/", view(self.uploaded), name="segments_uploaded"),
        ]
        return [*own, *super().get_urls()]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else dict(self.prepopulated_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()  # other segments name it

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "rules": NEW_RULES}

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The builder finds what it needs on the field that it stands in for."""
        form = super().get_form(request, obj, **kwargs)
        if "rules" in form.base_fields:
            offered = json.dumps(choices(obj.slug if obj else ""))
            look = reverse("admin:segments_segment_look")
            own = {"data-choices": offered, "data-look": look, "data-segment": obj.pk if obj else 0}
            form.base_fields["rules"].widget.attrs |= own
        return form

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        if change:
            services.segment_update(segment=Segment.objects.get(pk=obj.pk), fields=form.as_fields())
            return
        by = cast(User, request.user)
        made = services.segment_create(slug=obj.slug, fields=form.as_fields(), by=by)
        obj.pk, obj.created_at = made.pk, made.created_at
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Segment) -> None:
        services.segment_delete(segment=obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            answer: HttpResponse = super().delete_view(request, object_id, extra_context)
        except ApiError as error:
            messages.error(request, f"Not deleted. {error}")
            return admin_pages.back(object_id)
        return answer

    def get_actions(self, request: HttpRequest) -> Any:
        """One by one: what others name is not deleted, and says so."""
        return {k: v for k, v in super().get_actions(request).items() if k != "delete_selected"}

    @admin.display(description="source", ordering="kind")
    def shown_kind(self, row: Segment) -> str:
        return row.get_kind_display().lower()

    @admin.display(description="people", ordering="last_count")
    def people(self, row: Segment) -> SafeString | str:
        if row.last_count is None:
            return "not counted yet"
        text = Count(row.last_count, row.last_count_exact).text()
        url = reverse("admin:segments_people", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, text)

    @admin.display(description="counted", ordering="counted_at")
    def counted(self, row: Segment) -> SafeString | str:
        return moment(row.counted_at)

    @admin.display(description="changed", ordering="updated_at")
    def changed(self, row: Segment) -> SafeString | str:
        return moment(row.updated_at)

    @admin.action(description="Count again", permissions=["view"])
    def count_again(self, request: HttpRequest, queryset: QuerySet[Segment]) -> None:
        for row in queryset:
            found = services.segment_count(segment=row)
            messages.success(request, f"{row}: {found.text()}.")

    def look(self, request: HttpRequest) -> HttpResponse:
        return admin_pages.look(self, request)

    def people_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return admin_pages.people(self, request, object_id)

    @takes_body(UPLOADED)
    def upload(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return admin_pages.upload(self, request, object_id)

    def undo(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return admin_pages.undo(self, request, object_id)

    def uploaded(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return admin_pages.uploaded(self, request, object_id)

    def upload_state(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return admin_pages.upload_state(self, request, object_id)
