"""In the admin: webhooks that could not be processed, and addresses that seem inactive."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from channels.models import ProviderAccount
from notifications.models import DeadCandidate, InboundCallback
from notifications.record import dead_addresses
from notifyproj.core.admin.log_lists import LogAdmin


class KeptAdmin(LogAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(super(LogAdmin, self).has_delete_permission(request, obj))

    @admin.display(description="account")
    def account(self, row: InboundCallback | DeadCandidate) -> str:
        found = ProviderAccount.objects.filter(pk=row.account_id).values_list("slug", flat=True)
        return found.first() or str(row.account_id)


@admin.register(InboundCallback)
class InboundCallbackAdmin(KeptAdmin):
    """Its body names people, and stays sealed."""

    list_display = ("id", "account", "received_at", "due_at", "tries")
    fields = ("account", "received_at", "due_at", "tries")
    readonly_fields = fields
    actions = ("read_again",)

    @admin.action(description="Process again", permissions=["read_again"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[InboundCallback]) -> None:
        due = queryset.filter(due_at=None).update(due_at=timezone.now())
        messages.success(request, f"{due:,} webhooks will be processed again.")

    def has_read_again_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_inboundcallback"))


@admin.register(DeadCandidate)
class DeadCandidateAdmin(KeptAdmin):
    list_display = ("id", "account", "channel", "reason", "at", "spared_at")
    list_filter = ("channel",)
    fields = ("account", "contact_point_id", "channel", "reason", "dead_since", "at", "spared_at")
    readonly_fields = fields
    actions = ("release",)

    @admin.action(description="Suppress or deactivate addresses", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[DeadCandidate]) -> None:
        """What the guard spared turned out to be true."""
        n = dead_addresses.release(list(queryset.values_list("pk", flat=True)))
        messages.success(request, f"{n:,} addresses were suppressed or deactivated.")

    def has_release_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_deadcandidate"))
