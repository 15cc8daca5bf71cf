"""Templates and their versions in the admin: write a draft, publish it, go on from it."""

import json
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from templates import services
from templates.forms import DraftForm
from templates.models import MessageTemplate, TemplateVersion


class VersionInline(TabularInline):  # type: ignore[misc]
    model = TemplateVersion
    extra = 0
    can_delete = False
    show_change_link = True
    ordering = ("-number",)
    fields = readonly_fields = ("number", "variables", "published_at", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("slug", "name", "created_at")
    search_fields = ("slug", "name")
    inlines = (VersionInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()  # requests name it


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ModelAdmin):  # type: ignore[misc]
    form = DraftForm
    list_display = ("__str__", "channels", "variables", "published_at")
    list_filter = ("template",)
    list_select_related = ("template",)
    ordering = ("template__slug", "-number")
    actions_submit_line = ("publish", "draft_from")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("template", "parts")
        if obj.published_at:
            return ("template", "number", "variables", "published_at", "text")
        return ("template", "number", "parts")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return self.get_fields(request, obj) if obj.published_at else ("template", "number")

    def has_draft_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not `add`: Unfold calls has_add_permission with an argument it does not take."""
        return bool(self.has_add_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return bool(may and obj is not None and obj.published_at is None)

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        rows = TemplateVersion.objects.filter(pk=object_id, published_at__isnull=False)
        name = "draft_from" if rows.exists() else "publish"
        found = super().get_actions_submit_line(request, object_id)
        return [each for each in found if each.action_name.endswith(name)]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            draft = services.version_draft(template=obj.template, parts=obj.parts)
            obj.pk, obj.number, obj.created_at = draft.pk, draft.number, draft.created_at
            obj._state.adding = False
        super().save_model(request, obj, form, True)
        for warning in getattr(form, "warnings", ()):
            messages.warning(request, f"Not ready to be published. {warning}")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        draft = getattr(obj, "next_draft", None)
        if draft is None:
            return super().response_change(request, obj)  # type: ignore[no-any-return]
        page = reverse("admin:message_templates_templateversion_change", args=[draft.pk])
        return HttpResponseRedirect(page)

    @action(description="Publish", permissions=["change"])  # type: ignore[untyped-decorator]
    def publish(self, request: HttpRequest, obj: TemplateVersion) -> None:
        try:
            services.version_publish(version=obj, by=request.user.get_username())
        except services.CannotPublish as error:  # somebody else was faster
            messages.error(request, str(error))
            return
        services.forget_names()
        self.log_change(request, obj, "Published.")
        messages.success(request, f"{obj} is published: requests use it within two seconds.")

    @action(description="New draft from this version", permissions=["draft"])  # type: ignore[untyped-decorator]
    def draft_from(self, request: HttpRequest, obj: Any) -> None:
        obj.next_draft = services.version_draft(template=obj.template, parts=obj.parts)
        messages.success(request, f"{obj.next_draft} is a draft.")

    @admin.display(description="Channels")
    def channels(self, obj: TemplateVersion) -> str:
        return ", ".join(obj.parts)

    @admin.display(description="Text")
    def text(self, obj: TemplateVersion) -> str:
        shown = json.dumps(obj.parts, indent=2, ensure_ascii=False)
        return format_html('<pre style="white-space:pre-wrap">{}</pre>', shown)
