"""An account in the admin: what it serves and costs, and a field for each credential of its kind.

Credentials can be written, never read back; what an adapter calls a setting is shown.
"""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from channels import registry
from channels.accounts.areas import checked_areas, checked_costs
from channels.accounts.fields import field_problems
from channels.accounts.routes import open_credentials, seal_credentials
from channels.base import Field
from channels.models import ProviderAccount
from channels.transport.http_clients import refuse_endpoint, refuse_mail_server
from notifyproj.core.admin.json_field import JSONField
from notifyproj.core.encryption import Undecryptable

PREFIX = "credential_"
PLACE = ("app", "endpoint", "ca_certificate")


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """With a field for each credential of the account's kind, empty however it is stored."""

    class Meta:
        model = ProviderAccount
        fields = (
            *("slug", "channel", "kind", "app", "endpoint", "ca_certificate"),
            *("serves", "costs", "weight", "rate_per_second", "daily_cap", "enabled"),
        )
        field_classes = {"costs": JSONField}
        widgets = {
            "serves": UnfoldAdminTextInputWidget,
            "costs": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, channel = cleaned.get("kind"), cleaned.get("channel") or self.instance.channel
        if kind and channel and channel != registry.adapter(kind).CHANNEL:
            self.add_error("channel", f"{kind} sends {registry.adapter(kind).CHANNEL}.")
        for name, checked in (("serves", checked_areas), ("costs", checked_costs)):
            try:
                cleaned[name] = checked(channel, cleaned.get(name) or {})
            except ValueError as error:
                self.add_error(name, str(error))
        self._check_place(cleaned)
        self._check_fields(cleaned)
        if self.instance.pk and self.is_elsewhere():
            self._require_again(cleaned)
        if self.instance.pk and cleaned.get("enabled"):
            self._require_credentials(cleaned)
        return cleaned

    def is_elsewhere(self) -> bool:
        """Whether another server, or the messages of another app, would get the credentials."""
        places = (PREFIX + name for name, f in fields_of(self.instance).items() if f.place)
        return not set(self.changed_data).isdisjoint({*PLACE, *places})

    def is_corrected(self) -> bool:
        """Whether what a provider may have refused was changed."""
        return any(name in PLACE or name.startswith(PREFIX) for name in self.changed_data)

    def _check_place(self, cleaned: dict[str, Any]) -> None:
        endpoint, host = cleaned.get("endpoint") or "", cleaned.get(PREFIX + "host") or ""
        if endpoint and (reason := refuse_endpoint(endpoint)):
            self.add_error("endpoint", f"{reason}.")
        if host and (reason := refuse_mail_server(host)):
            self.add_error(PREFIX + "host", f"{reason}.")

    def _check_fields(self, cleaned: dict[str, Any]) -> None:
        """Of what was entered; what is missing, `_require_credentials` says."""
        fields = fields_of(self.instance)
        given = {name: text for name in fields if (text := cleaned.get(PREFIX + name))}
        for name, problem in field_problems(fields.values(), given).items():
            self.add_error(PREFIX + name, problem)

    def _require_again(self, cleaned: dict[str, Any]) -> None:
        """What is stored was given for the place before; whoever may edit may not know it."""
        for name in stored(self.instance):
            field = PREFIX + name
            if field in self.fields and not cleaned.get(field):
                self.add_error(
                    field, "Enter this again: the account would send it to another server."
                )

    def _require_credentials(self, cleaned: dict[str, Any]) -> None:
        for name, field in fields_of(self.instance).items():
            kept = not field.setting and name in stored(self.instance)
            if field.required and not kept and not cleaned.get(PREFIX + name):
                self.add_error(PREFIX + name, "This provider requires it.")


def keep_credentials(account: ProviderAccount, given: dict[str, str]) -> None:
    """An empty credential leaves the stored one; an empty setting takes it away."""
    fields = fields_of(account)
    sealed = {n: v for n, v in given.items() if v and not fields[n].setting}
    if sealed:
        account.credentials = seal_credentials(account.slug, {**stored(account), **sealed})
    settings = {n: v for n, v in given.items() if fields[n].setting}
    account.settings = {n: v for n, v in {**account.settings, **settings}.items() if v}


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
    lines = UnfoldAdminTextareaWidget(attrs={"rows": 2})
    text = lines if field.secret else UnfoldAdminTextInputWidget()
    return forms.CharField(
        label=field.label,
        required=False,
        help_text=". ".join(filter(None, [field.help, "Stored" if known else "Not stored yet"])),
        widget=text,  # of a secret: keys in PEM have many lines
    )


def stored(account: ProviderAccount) -> dict[str, str]:
    try:
        return open_credentials(account.slug, bytes(account.credentials or b""))
    except Undecryptable:
        return {}
