"""Explain what a send would do, without doing it: nothing is written, counted, taken or sent.

A handful of statements, however many people are asked about.
"""

from collections.abc import Sequence
from datetime import datetime

from channels.base import Channel, Lane
from notifications.accept.draft import Draft, draft, load_recipients
from notifications.accept.requests import SendRequest, Warned
from notifications.accept.write import job
from notifications.attachments import store as attachments
from notifications.deliver.route import Picker
from notifications.explain.account import chosen
from notifications.explain.message import built, held_as
from notifications.explain.rules import Ask, Way, ways
from notifications.explain.schemas import Explanation, FallbackView, RuleView, WayView
from notifications.explain.texts import Texts
from notifications.reasons import reason_text
from notifications.resolve.plan import Facts
from notifications.resolve.resolve import first_fallbacks, peeked
from notifyproj.core.api.errors import InvalidFields
from preferences.decision.decide import Step, basis
from preferences.decision.values import Defer, Fold, Send, Skip
from preferences.facts.facts import Person, load_people, load_points, load_points_of
from preferences.facts.types import PRIORITY_OF
from preferences.recipients.selectors import hints_of
from templates.versions.published import compiled

MOST_RECIPIENTS = 100
COUNTED = (
    "Frequency caps and duplicates are checked against the current counts, which do not change."
)


def explain_send(service_id: int, request: SendRequest, now: datetime) -> Explanation:
    """Raises InvalidFields for what a send would refuse, too."""
    if len(request.user_ids or ()) > MOST_RECIPIENTS:
        raise InvalidFields(
            {"user_ids": f"`user_ids` must have at most {MOST_RECIPIENTS} entries."}
        )
    files = attachments.find(service_id, set(map(str, request.attachments)), now)
    item = draft(request, load_recipients([request]), now, service_id=service_id, files=files)
    ask = _ask(item, now)
    people, facts = _load(item, ask)
    ask = ask._replace(limits=peeked(job(item), people, ask.at))
    found = [way for id_ in item.recipient_ids for way in _ways(ask, people.get(id_), facts)]
    texts = Texts(compiled(item.version.id), item.type, request.variables, now)
    return Explanation(
        type=item.type.slug,
        template=item.version.name,
        priority=PRIORITY_OF[Lane(item.lane)],
        asked_at=ask.at,
        expires_at=item.expires_at,
        limits=COUNTED,
        warnings=[Warned(**warning) for warning in item.warnings],
        deliveries=[*_views(found, item, texts, now), *(_nobody(n, item) for n in item.unknown)],
        messages=texts.shown(),
    )


def _ask(item: Draft, now: datetime) -> Ask:
    fallbacks = first_fallbacks(item.type, item.channels, item.version.id)
    return Ask(
        type=item.type,
        channels=item.channels,
        fallbacks=fallbacks,
        at=item.scheduled_at or now,
        expires_at=item.expires_at,
    )


def _load(item: Draft, ask: Ask) -> tuple[dict[int, Person], Facts]:
    channels = {*ask.channels, *(step.to for step in ask.fallbacks)} - {Channel.INBOX}
    people = load_people(item.recipient_ids, {item.type.id}, attributes=True)
    return people, Facts(people, load_points_of(item.recipient_ids, channels))


def _ways(ask: Ask, person: Person | None, facts: Facts) -> list[Way]:
    return ways(ask, person, facts) if person else []  # removed a moment ago


def _views(found: Sequence[Way], item: Draft, texts: Texts, now: datetime) -> list[WayView]:
    ids = {way.point.id for way in found if way.point}
    points, hints, picker = load_points(ids), hints_of(ids), Picker()
    views = []
    for way in found:
        view = _view(way, item, hints.get(way.point.id, "") if way.point else "")
        views.append(view)
        if way.at is None:
            continue
        if way.point is None:  # the inbox: the person is the address
            _write(view, way=way, item=item, texts=texts, picker=picker, now=now)
        elif (point := points.get(way.point.id)) is not None:  # else removed a moment ago
            _write(
                view, way=way._replace(point=point), item=item, texts=texts, picker=picker, now=now
            )
    return views


def _view(way: Way, item: Draft, to: str) -> WayView:
    step = way.fallback
    return WayView(
        user_id=way.person.external_id,
        channel=way.channel,
        to=to,
        decision=way.word,
        reason=way.reason,
        reason_text=reason_text(way.reason),
        at=way.at,
        basis=basis(item.type.rules, way.person.rules, way.channel),
        rules=[_rule(asked) for asked in way.steps],
        fallback=FallbackView(step.source, step.unless, step.after) if step else None,
    )


def _rule(step: Step) -> RuleView:
    match step.decision:
        case Send():
            return RuleView(step.rule, step.input, "send")
        case Defer(_, reason):
            return RuleView(step.rule, step.input, "defer", reason)
        case Skip(reason):
            return RuleView(step.rule, step.input, "skip", reason)
        case Fold(reason):
            return RuleView(step.rule, step.input, "digest", reason)
        case None:
            return RuleView(step.rule, step.input, None)


def _write(
    view: WayView, *, way: Way, item: Draft, texts: Texts, picker: Picker, now: datetime
) -> None:
    row = held_as(way, item.type.id, item.version.id, item.lane, item.expires_at)
    area = way.point.area if way.point else ""
    route, view.routing = chosen(picker, row, item.type, area, now)
    text = texts.of(row, way.person)
    view.message, view.problem = text.key, text.problem
    if route is not None and not text.problem:
        made = built(
            row,
            person=way.person,
            point=way.point,
            type_=item.type,
            parts=text.parts,
            route=route,
            now=now,
        )
        view.units, view.cost, view.problem = made.units, made.cost, made.problem


def _nobody(name: str, item: Draft) -> WayView:
    reason = "recipient_unknown"
    return WayView(
        user_id=name,
        channel=item.channels[0],
        to="",
        decision="skip",
        reason=reason,
        reason_text=reason_text(reason),
        at=None,
        basis="",
        rules=[],
    )
