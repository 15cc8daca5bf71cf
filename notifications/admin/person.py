"""What the admin shows of a person besides what can be changed: tables, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications.digests.models import Digest
from notifications.history.by_person import deliveries_of
from notifications.history.deliveries import DeliveryView, delivery_views
from notifications.history.notifications import notifications_list
from notifications.models import Delivery, Notification
from notifications.reasons import reason_text
from notifications.statuses import OPEN, NotificationState
from notifyproj.core.clock import now
from notifyproj.core.ids import instant_of
from preferences.consent.history import ConsentEventView, views
from preferences.consent.read import preferences_get
from preferences.extension_points import Table
from preferences.facts.types import catalogue
from preferences.models import ConsentEvent, ContactPoint, Recipient, Suppression

NOTIFICATIONS = 100  # the newest ones looked at
SHOWN = 20  # lines of a table
YES = {
    "mandatory": "Mandatory for everyone",
    "chosen_type": "Opted in to the type",
    "chosen_category": "Opted in to the category",
    "default": "Default: not opted out",
}
MESSAGE = ["accepted", "notification type", "channel", "to", "status", "reason"]
WAITING = frozenset(state.label for state in OPEN)
Cells = list[object]


def tables(request: HttpRequest, person: Recipient) -> list[Table]:
    """What was sent to them, for who may see deliveries, and what they want."""
    sent = messages(person) if request.user.has_perm("notifications.view_delivery") else []
    return [*sent, *consent(person, now())]


def messages(person: Recipient) -> list[Table]:
    """Returns the person's waiting messages, and the latest ones."""
    rows = notifications_list(
        service_id=None, before=None, limit=NOTIFICATIONS, user_id=person.external_id
    )
    kinds = {row.pk: _kind(row.type_id) for row in rows}
    found = deliveries_of(person.pk, rows)
    still = [_scheduled(row) for row in rows if row.state == NotificationState.SCHEDULED]
    still += [_digest(row) for row in _open_digests(person.pk)]
    still += _messages([row for row in found if row.state in OPEN], kinds)
    return [
        Table("Waiting", MESSAGE, still, "Nothing is waiting for this person."),
        Table(
            "Recent messages",
            MESSAGE,
            _messages(found[-SHOWN:], kinds),
            "Nothing was sent to this person yet.",
        ),
    ]


def consent(person: Recipient, at: datetime) -> list[Table]:
    """What follows from what they said, where nothing is sent to them, and what they said when."""
    return [_gets(person, at), _suppressions(person), _consents(person)]


def _messages(rows: Sequence[Delivery], kinds: Mapping[UUID, str]) -> list[Cells]:
    pairs = zip(rows, delivery_views(rows), strict=True)
    return [_message(view, kinds[row.notification_id]) for row, view in pairs][::-1]


def _message(view: DeliveryView, kind: str) -> Cells:
    url = reverse("admin:notifications_delivery_change", args=[view.id])
    link = format_html('<a href="{}" class="underline">{}</a>', url, view.channel)
    status = f"{view.status}, {view.outcome}" if view.outcome else view.status
    return [_when(instant_of(UUID(view.id))), kind, link, view.to, status, _why(view)]


def _why(view: DeliveryView) -> str:
    if view.status not in WAITING:
        return view.reason_text
    if not view.reason_text:
        return "Processing"
    return f"{view.reason_text} ({_plain(view.due_at)})" if view.due_at else view.reason_text


def _scheduled(row: Notification) -> Cells:
    url = reverse("admin:notifications_notification_change", args=[row.pk])
    channels = ", ".join(row.channels)
    link = format_html('<a href="{}" class="underline">{}</a>', url, channels)
    at = _plain(row.scheduled_at) if row.scheduled_at else ""
    return [
        _when(instant_of(row.pk)),
        _kind(row.type_id),
        link,
        "",
        "scheduled",
        f"For {at}",
    ]


def _digest(row: Digest) -> Cells:
    why = f"{row.count} collected, sent at {_plain(row.closes_at)} at the latest"
    return [_when(row.opened_at), _kind(row.type_id), "", "", "collected", why]


def _open_digests(recipient_id: int) -> Sequence[Digest]:
    rows = Digest.objects.filter(recipient_id=recipient_id, state=Digest.State.OPEN)
    return list(rows.order_by("closes_at")[:SHOWN])


def _gets(person: Recipient, at: datetime) -> Table:
    said = preferences_get(person.external_id, at)
    rows: list[Cells] = [
        [
            slug,
            channel,
            "yes" if each.gets else "no",
            YES.get(each.reason) or reason_text(each.reason),
        ]
        for slug, channels in (said.gets if said else {}).items()
        for channel, each in channels.items()
    ]
    headers = ["notification type", "channel", "receives", "reason"]
    return Table("Effective preferences", headers, rows, "No notification types yet.")


def _suppressions(person: Recipient) -> Table:
    points = ContactPoint.objects.filter(recipient=person)
    hints = {
        (channel, bytes(hash_)): hint
        for channel, hash_, hint in points.values_list("channel", "address_hash", "hint")
    }
    found = Suppression.objects.filter(address_hash__in=[hash_ for _, hash_ in hints])
    rows = {(row.channel, bytes(row.address_hash)): row for row in found.order_by("-pk")}
    lines: list[Cells] = [
        [_when(row.created_at), row.channel, hints[place], row.reason, row.source]
        for place, row in rows.items()
        if place in hints
    ]
    headers = ["since", "channel", "address", "reason", "source"]
    more = reverse("admin:preferences_suppression_changelist")
    empty = "No address of this person is suppressed."
    return Table(title="Suppressed addresses", headers=headers, rows=lines, empty=empty, more=more)


def _consents(person: Recipient) -> Table:
    newest = ConsentEvent.objects.filter(recipient=person).order_by("-pk")[:SHOWN]
    rows = [_consent(row) for row in views(list(newest))]
    more = reverse("admin:preferences_consentevent_changelist") + f"?q={person.external_id}"
    empty = "No consent recorded yet."
    headers = ["when", "action", "about", "source", "evidence"]
    return Table(title="Consent log", headers=headers, rows=rows, empty=empty, more=more)


def _consent(row: ConsentEventView) -> Cells:
    scope = row.type or row.category or ("everything" if row.about == "choice" else row.about)
    about = f"{scope} by {row.channel}" if row.channel else scope
    proof = ", ".join(f"{name}: {value}" for name, value in row.evidence.items())
    return [_when(row.at), row.action, about.replace("_", " "), row.source, proof]


def _kind(type_id: int) -> str:
    found = catalogue.get().by_id.get(type_id)
    return found.slug if found else ""


def _when(at: datetime) -> SafeString:
    exact = at.isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, exact, _plain(at))


def _plain(at: datetime) -> str:
    return f"{at:%d %b %Y %H:%M} UTC"
