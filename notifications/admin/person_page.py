"""A person's page in the admin: what they want, which `preferences` shows and changes, with what
they were sent and why, which only this room knows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from notifications.admin.person import Table, messages, wishes
from notifyproj.core.clock import now
from preferences.admin.person import RecipientAdmin
from preferences.models import Recipient

admin.site.unregister(Recipient)


@admin.register(Recipient)
class PersonAdmin(RecipientAdmin):
    change_form_outer_after_template = "admin/person.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        person = self.get_object(request, object_id) if request.method == "GET" else None
        tables = _tables(request, person) if person else []
        shown = {**(extra_context or {}), "tables": tables}
        answer: HttpResponse = super().change_view(request, object_id, form_url, shown)
        return answer


def _tables(request: HttpRequest, person: Recipient) -> list[Table]:
    if not request.user.has_perm("preferences.view_recipient"):
        return []
    sent = messages(person) if request.user.has_perm("notifications.view_delivery") else []
    return [*sent, *wishes(person, now())]
