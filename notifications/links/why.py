"""`/w/`: why somebody got a message, or did not, in their language. It changes nothing."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from notifications.links import our_urls as ours
from notifications.links import tokens
from notifications.models import Delivery
from notifications.resolve.trace import BASES
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import instant_of
from preferences.centre import brand, pages
from preferences.centre.links import preferences_url
from preferences.centre.shown import capital, instant
from preferences.centre.texts import LANGUAGES, Texts, channel_name, say
from preferences.centre.tokens import LIFE
from preferences.centre.zones import zone_of
from preferences.decision.decide import basis
from preferences.facts.facts import Person, load_people
from preferences.facts.types import catalogue
from preferences.models import ContactPoint, NotificationType
from preferences.type_names import named

STATUS = {
    State.WAITING: "waiting",
    State.LEASED: "sending",
    State.AWAITING: "sending",
    State.SENT: "sent",
    State.FAILED: "failed",
    State.SKIPPED: "skipped",
    State.EXPIRED: "expired",
    State.CANCELLED: "cancelled",
    State.UNCERTAIN: "uncertain",
}
ARRIVED = {ProviderOutcome.DELIVERED, ProviderOutcome.OPENED, ProviderOutcome.CLICKED}
LOST = {outcome for outcome in ProviderOutcome if outcome >= ProviderOutcome.FAILED}
ON_ITS_WAY = {"sending", "sent", "delivered", "uncertain"}


@require_safe
def why(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = tokens.read_why(ours.keys(), token)
    except tokens.BadToken:
        return pages.gone(request)
    row = Delivery.objects.filter(pk=link.delivery_id).first()
    person = _person(row) if row else None
    if row is None or person is None or person.rules.erased:
        return pages.gone(request)
    language = pages.language_of(request, person.locale)
    context = _context(row, person, link.sent_at, language)
    return pages.page("centre/why", context, language=language)


def _person(row: Delivery) -> Person | None:
    recipient_id = row.recipient_id or 0  # nobody: a name that was not known
    return load_people({recipient_id}, {row.type_id}).get(recipient_id)


def _context(row: Delivery, person: Person, sent_at: datetime, language: str) -> dict[str, Any]:
    texts, status = LANGUAGES[language], status_of(row)
    type_ = NotificationType.objects.filter(pk=row.type_id).first()
    channel = channel_name(texts, row.channel)
    kind = named(type_.names, type_.name, language) if type_ else ""
    names = {"kind": kind, "channel": channel, "brand": brand.name()}
    point = ContactPoint.objects.filter(pk=row.contact_point_id or 0, recipient_id=person.id)
    acts = type_ is not None and sent_at + LIFE > clock_now()
    goes = row.state != State.SKIPPED  # else there is nothing to stop
    can_stop = acts and goes and type_ is not None and not type_.mandatory
    return {
        "sent": status in ON_ITS_WAY,
        "kind": names["kind"],
        "when": instant(row.settled_at or instant_of(row.pk), zone_of(person.rules), language),
        "channel": capital(channel),
        "place": point.values_list("hint", flat=True).first() or "",
        "status": texts[f"status_{status}"],
        "because": _because(
            row, person=person, type_=type_, status=status, texts=texts, names=names
        ),
        # As old as this link: none leads to another that lives longer.
        "settings_url": preferences_url(person.id, sent_at) if acts else "",
        "stop_url": _stop_url(row) if can_stop else "",
        "stop": say(texts, "why_unsubscribe", **names),
    }


def status_of(row: Delivery) -> str:
    if row.state == State.SENT and row.outcome in ARRIVED:
        return "delivered"
    if row.state == State.SENT and row.outcome in LOST:
        return "failed"
    return STATUS[State(row.state)]


def _because(
    row: Delivery,
    *,
    person: Person,
    type_: NotificationType | None,
    status: str,
    texts: Texts,
    names: dict[str, str],
) -> str:
    """A provider's own code means nothing to people: for those the status says enough."""
    if type_ is None:
        return texts["why_unknown_type"]
    if status in ON_ITS_WAY:
        return say(texts, f"why_{_ground(row, person)}", **names)
    key = f"reason_{row.reason}"
    return say(texts, key, **names) if key in texts else ""


def _ground(row: Delivery, person: Person) -> str:
    """What was written down when it was decided; of older rows, what would hold now."""
    said = row.trace.partition(" ")[0]
    if said in BASES:
        return said
    value = catalogue.get().by_id.get(row.type_id)
    return basis(value.rules, person.rules, row.channel) if value else "default"


def _stop_url(row: Delivery) -> str:
    return ours.unsubscribe_url(
        str(row.pk), row.recipient_id or 0, row.type_id, row.contact_point_id, row.channel
    )
