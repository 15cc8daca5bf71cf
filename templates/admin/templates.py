"""Templates in the admin: a list, and the pages on which they are written and published."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from notifyproj.core.templatetags.admin_site import moment
from notifyproj.core.templatetags.admin_site import status as status_of
from templates.admin import editor_page as admin_pages
from templates.admin import versions as admin_versions
from templates.api.templates import RESERVED
from templates.models import MessageTemplate, TemplateKind, TemplateVersion

PUBLISHED = TemplateVersion.objects.filter(template=OuterRef("pk"), published_at__isnull=False)
NEWEST = PUBLISHED.order_by("-number")
ROUTES = {
    "preview": admin_pages.preview,
    "save": admin_pages.save,
    "test": admin_pages.test,
    "discard": admin_pages.discard,
    "versions": admin_versions.versions,
    "compare": admin_versions.compare,
    "publish": admin_versions.publish,
    "rollback": admin_versions.rollback,
}


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    class Meta:
        model = MessageTemplate
        fields = ("name", "slug", "kind", "description")
        help_texts = {"slug": "Used in API requests; cannot be changed."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in TemplateKind.choices if kind[0] != TemplateKind.TRIAL]
        self.fields["kind"] = forms.ChoiceField(choices=kinds, initial=TemplateKind.MESSAGE)

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED:
            raise forms.ValidationError("This slug is reserved.")
        return slug


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    form = TemplateForm
    list_display = ("name", "slug", "kind", "newest", "published", "draft")
    list_filter = ("kind",)
    list_per_page = 50
    search_fields = ("slug", "name")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        rows: QuerySet[MessageTemplate] = super().get_queryset(request)
        drafts = TemplateVersion.objects.filter(template=OuterRef("pk"), published_at=None)
        return rows.exclude(kind=TemplateKind.TRIAL).annotate(
            newest_number=Subquery(NEWEST.values("number")[:1]),
            newest_at=Subquery(NEWEST.values("published_at")[:1]),
            newest_by=Subquery(NEWEST.values("published_by")[:1]),
            has_draft=Exists(drafts),
        )

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"message_templates_messagetemplate_{name}",
            )
            for name, view in ROUTES.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A POST of the usual form has no meaning here: the editor saves by itself."""
        view = admin_pages.write if request.method in ("GET", "HEAD") else admin_pages.save
        return view(request, object_id)

    def response_add(self, request: HttpRequest, obj: Any, *_: Any) -> HttpResponse:
        return HttpResponseRedirect(admin_pages.page(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return bool(may and (obj is None or not _was_published(obj)))

    @admin.display(description="newest", ordering="newest_number")
    def newest(self, row: Any) -> str:
        return f"v{row.newest_number}" if row.newest_number else "—"

    @admin.display(description="published", ordering="newest_at")
    def published(self, row: Any) -> str:
        by = f" by {row.newest_by}" if row.newest_by else ""
        return format_html("{}{}", moment(row.newest_at), by)

    @admin.display(description="draft", ordering="has_draft")
    def draft(self, row: Any) -> str:
        return status_of("Draft", "busy") if row.has_draft else ""


def _was_published(row: MessageTemplate) -> bool:
    return row.versions.filter(published_at__isnull=False).exists()


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """Deliveries lead here; what it says is on its template's pages."""

    list_display = ("__str__", "note", "published_by", "published_at")
    list_filter = ("template",)
    list_select_related = ("template",)
    ordering = ("-published_at",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TemplateVersion]:
        rows: QuerySet[TemplateVersion] = super().get_queryset(request)
        return rows.filter(published_at__isnull=False).defer("parts", "built", "sample")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]  # Unfold has no types
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]  # Unfold has no types
        return HttpResponseRedirect(
            reverse("admin:message_templates_messagetemplate_versions", args=[row.template_id])
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
