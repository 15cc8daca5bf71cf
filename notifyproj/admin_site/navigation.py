"""The sidebar: what there is, in the order of an operator's questions, as far as one may see it."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


class Page(NamedTuple):
    title: str
    icon: str  # of Material Symbols
    model: str  # `app.model`, of whose list it is; "" for the first page
    route: str = ""  # instead of its list


GROUPS = (
    ("", (Page("Home", "home", ""),)),
    (
        "Messages",
        (
            Page("Notifications", "mail", "notifications.notification"),
            Page("Deliveries", "outbox", "notifications.delivery"),
            Page(
                "Delivery attempts",
                "sync_alt",
                "notifications.delivery",
                "notifications_delivery_attempts",
            ),
            Page("Pending digests", "stacks", "digests.digest"),
        ),
    ),
    (
        "Content",
        (
            Page("Templates", "edit_document", "message_templates.messagetemplate"),
            Page("Segments", "group_work", "segments.segment"),
            Page("Campaigns", "campaign", "campaigns.campaign"),
        ),
    ),
    (
        "Audience",
        (
            Page("Recipients", "person", "preferences.recipient"),
            Page("Suppressions", "block", "preferences.suppression"),
            Page("Consent", "task_alt", "preferences.consentevent"),
        ),
    ),
    (
        "Settings",
        (
            Page("Notification types", "label", "preferences.notificationtype"),
            Page("Categories", "folder", "preferences.category"),
            Page("Frequency caps", "speed", "preferences.cap"),
        ),
    ),
    (
        "Providers",
        (
            Page("Provider accounts", "key", "channels.provideraccount"),
            Page("Apps", "smartphone", "channels.app"),
        ),
    ),
    (
        "System",
        (
            Page("Alerts", "warning", "core.alert"),
            Page("Unprocessed webhooks", "call_received", "notifications.inboundcallback"),
            Page("Inactive addresses", "link_off", "notifications.deadcandidate"),
            Page("Webhooks", "webhook", "status_events.statusendpoint"),
            Page("Webhook deliveries", "call_made", "status_events.statusevent"),
            Page("Services", "dns", "core.service"),
            Page("API keys", "vpn_key", "core.apikey"),
            Page("Users", "badge", "auth.user"),
            Page("Audit log", "history", "core.auditentry"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """As Unfold wants it; a group of which nothing is left is left out."""
    groups: list[dict[str, Any]] = []
    for title, pages in GROUPS:
        items = [item for page in pages for item in _item(request, page)]
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items})
    _mark(request.path, [item for group in groups for item in group["items"]])
    return groups


def _mark(path: str, items: list[dict[str, Any]]) -> None:
    """One of them is where one is: the page itself, or the list it belongs to."""
    home = reverse("admin:index")
    near = [item for item in items if item["link"] != home and path.startswith(item["link"])]
    here = max(near, key=lambda item: len(item["link"]), default=None)
    for item in items:
        item["active"] = item is here or item["link"] == path


def _item(request: HttpRequest, page: Page) -> list[dict[str, Any]]:
    link = _link(page)
    if link is None or (page.model and not _may_see(request, page.model)):
        return []
    return [{"title": page.title, "icon": page.icon, "link": link}]


def _link(page: Page) -> str | None:
    """None where the app is not installed."""
    if not page.model:
        return reverse("admin:index")
    try:
        route = page.route or f"{page.model.replace('.', '_')}_changelist"
        return reverse(f"admin:{route}")
    except NoReverseMatch:
        return None


def _may_see(request: HttpRequest, label: str) -> bool:
    app, model = label.split(".")
    user = request.user
    return user.has_perm(f"{app}.view_{model}") or user.has_perm(f"{app}.change_{model}")
