"""The audit log in the admin: who did what, with before and after. Nothing in it can be changed."""

from django.apps import apps
from django.contrib import admin
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifyproj.core.admin.log_filters import choice, since_until, typed
from notifyproj.core.admin.log_lists import LogAdmin
from notifyproj.core.audit.entries import changes, said
from notifyproj.core.models import AuditEntry
from notifyproj.core.templatetags.admin_site import moment

SHOWN = 3  # changes in a line of the list


def _models() -> list[tuple[str, str]]:
    found = [(m._meta.label_lower, m._meta.verbose_name) for m in admin.site._registry]
    return sorted(((label, str(name)) for label, name in found), key=lambda pair: pair[1])


@admin.register(AuditEntry)
class AuditEntryAdmin(LogAdmin):
    list_display = ("when", "who", "action", "what", "changed", "origin")
    list_display_links = ("when",)
    list_filter = (
        typed("actor", "who", lambda text: Q(actor=text)),
        choice("model", "what", _models, lambda label: Q(model=label)),
        choice("action", "action", lambda: AuditEntry.Action.choices, lambda name: Q(action=name)),
        choice("kind", "kind", lambda: AuditEntry.Kind.choices, lambda name: Q(kind=name)),
        *since_until(lambda lookup, at: Q(**{f"at__{lookup}": at})),
        typed("object", "object ID", lambda text: Q(object_id=text)),
    )
    fields = ("exactly", "who", "kind", "origin", "action", "what", "note_read", "all_changes")
    readonly_fields = fields

    @admin.display(description="when")
    def when(self, row: AuditEntry) -> SafeString | str:
        return moment(row.at)

    @admin.display(description="when")
    def exactly(self, row: AuditEntry) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S.%f} UTC"

    @admin.display(description="who")
    def who(self, row: AuditEntry) -> str:
        words = {AuditEntry.Kind.KEY: "service", AuditEntry.Kind.PLATFORM: "process"}
        prefix = words.get(AuditEntry.Kind(row.kind))
        return f"{prefix} {row.actor}" if prefix else row.actor

    @admin.display(description="from")
    def origin(self, row: AuditEntry) -> str:
        """The same for the same address, which is not kept."""
        return bytes(row.ip_hash).hex()[:8] if row.ip_hash else ""

    @admin.display(description="what")
    def what(self, row: AuditEntry) -> SafeString | str:
        return what(row)

    @admin.display(description="changes")
    def changed(self, row: AuditEntry) -> SafeString | str:
        return changes(row, SHOWN) or said(row)

    @admin.display(description="note")
    def note_read(self, row: AuditEntry) -> str:
        return said(row)

    @admin.display(description="changes")
    def all_changes(self, row: AuditEntry) -> SafeString | str:
        return changes(row, None)


def what(row: AuditEntry) -> SafeString | str:
    """With a link, while it is there to be linked to."""
    try:
        model = apps.get_model(row.model)
        url = reverse(f"admin:{row.model.replace('.', '_')}_change", args=[row.object_id])
    except (LookupError, ValueError, NoReverseMatch):
        return f"{row.model} {row.label or row.object_id}"
    name = f"{model._meta.verbose_name} {row.label or row.object_id}"
    return format_html('<a href="{}" class="underline">{}</a>', url, name)
