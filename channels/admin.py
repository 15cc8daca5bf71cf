"""Apps and provider accounts in the admin. Credentials can be written, never read back; what an
adapter calls a setting is kept in clear and shown."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from channels import registry
from channels.base import Field
from channels.credentials import open_credentials, seal_credentials
from channels.health import resume
from channels.models import App, ProviderAccount
from notifyproj.core.encryption import Undecryptable

PREFIX = "credential_"
STATE = ("held_reason", "held_at", "breaker")


@admin.register(App)
class AppAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("slug", "name", "channel", "platform")
    list_filter = ("channel",)
    search_fields = ("slug", "name")


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """With a field for each credential of the account's kind, empty however it is stored."""

    class Meta:
        model = ProviderAccount
        fields = (
            *("slug", "channel", "kind", "app", "endpoint", "ca_certificate"),
            *("weight", "rate_per_second", "enabled"),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, channel = cleaned.get("kind"), cleaned.get("channel")
        if kind and channel and channel != registry.adapter(kind).CHANNEL:
            self.add_error("channel", f"{kind} sends {registry.adapter(kind).CHANNEL}.")
        if self.instance.pk and cleaned.get("enabled"):
            self._require_credentials(cleaned)
        return cleaned

    def _require_credentials(self, cleaned: dict[str, Any]) -> None:
        for name, field in fields_of(self.instance).items():
            kept = not field.setting and name in stored(self.instance)
            if field.required and not kept and not cleaned.get(PREFIX + name):
                self.add_error(PREFIX + name, "This provider needs it.")


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ModelAdmin):  # type: ignore[misc]
    form = AccountForm
    list_display = ("slug", "channel", "kind", "app", "weight", "enabled", "held_reason", "breaker")
    list_filter = ("channel", "kind", "enabled")
    list_select_related = ("app",)
    search_fields = ("slug",)
    actions = ("resume_sending",)

    @admin.action(description="Resume sending: the cause is mended", permissions=["change"])
    def resume_sending(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        for account in queryset:
            resume(account.pk)
            self.log_change(request, account, "Resumed.")
        text = "In use again; what was held for them goes out in waves."
        messages.success(request, text)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "channel", "kind", *STATE) if obj else ()

    def formfield_for_dbfield(self, field: Any, request: Any, **kwargs: Any) -> Any:
        if field.name == "kind":
            choices = [(kind, kind) for kind in registry.kinds()]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """After the account has a kind, its credentials' fields are known."""
        extra = {PREFIX + n: form_field(f, obj) for n, f in fields_of(obj).items()}
        base = type("AccountForm", (AccountForm,), extra)
        return super().get_form(request, obj, form=base, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = AccountForm.Meta.fields
        if obj is None:
            return [(None, {"fields": [name for name in own if name != "enabled"]})]
        names = [PREFIX + name for name in fields_of(obj)]
        help_text = "A credential that stays empty stays as it is."
        return [
            (None, {"fields": [*own, *STATE]}),
            ("Credentials and settings", {"fields": names, "description": help_text}),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.enabled = False  # until its credentials are there: the next page asks for them
        given = {n: form.cleaned_data.get(PREFIX + n, "") for n in fields_of(obj)}
        sealed = {n: v for n, v in given.items() if v and not fields_of(obj)[n].setting}
        if sealed:
            obj.credentials = seal_credentials(obj.slug, {**stored(obj), **sealed})
        settings = {n: v for n, v in given.items() if fields_of(obj)[n].setting}
        obj.settings = {n: v for n, v in {**obj.settings, **settings}.items() if v}
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """On to the credentials: which there are, the kind says."""
        messages.info(request, "Made, but not enabled: it needs its credentials.")
        return redirect("admin:channels_provideraccount_change", obj.pk)


def fields_of(account: ProviderAccount | None) -> dict[str, Field]:
    if account is None or account.kind not in registry.kinds():
        return {}
    return {field.name: field for field in registry.adapter(account.kind).FIELDS}


def form_field(field: Field, account: ProviderAccount) -> forms.CharField:
    known = field.name in stored(account)
    if field.setting:
        return forms.CharField(
            label=field.label,
            required=False,
            initial=account.settings.get(field.name, ""),
            help_text=field.help,
            widget=UnfoldAdminTextInputWidget(),
        )
    text = UnfoldAdminTextareaWidget() if field.secret else UnfoldAdminTextInputWidget()
    return forms.CharField(
        label=field.label,
        required=False,
        help_text=" ".join(filter(None, [field.help, "Stored." if known else "Not stored yet."])),
        widget=text,  # of a secret: keys in PEM have many lines
    )


def stored(account: ProviderAccount) -> dict[str, str]:
    try:
        return open_credentials(account.slug, bytes(account.credentials or b""))
    except Undecryptable:
        return {}
