"""`/p/`: what a person gets, where and when, to see and to change.

The token is all the authority there is: no login, no cookie, and so no CSRF. A GET changes
nothing, since scanners follow links. It works without a script.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from notifyproj.core.clock import now as clock_now
from preferences.centre import changes, forms, links, pages, tokens
from preferences.centre import data_copy as copies
from preferences.centre.shown import context, instant
from preferences.centre.state import State, read_state
from preferences.centre.texts import LANGUAGES, Texts, channel_name, say
from preferences.consent.choices import Proof
from preferences.signed_tokens import BadToken


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that was sent, with all that judging it takes."""

    request: HttpRequest
    state: State
    texts: Texts
    language: str

    def proof(self) -> Proof:
        return changes.proof(self.state, self.request.META.get("REMOTE_ADDR", ""), self.language)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say about it. None of the notes: nothing was changed."""

    notes: list[str] = field(default_factory=list)
    wrong: str = ""
    hours: forms.HoursForm | None = None  # as typed, if it has to be corrected


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    now = clock_now()
    link = _link(token, now)
    state = read_state(link.recipient_id, now) if link else None
    if link is None or state is None:
        return pages.gone(request)
    language = pages.language_of(request, state.recipient.locale)
    state, answer = state.in_language(language), Answer()
    if request.method == "POST":
        answer = _answer(Asked(request, state, LANGUAGES[language], language))
        after = read_state(link.recipient_id, now)
        if after is None:
            return pages.gone(request)
        state = after.in_language(language)
    shown = context(state, LANGUAGES[language], language, link.made_at + tokens.LIFE, answer.hours)
    shown.update(notes=answer.notes, wrong=answer.wrong, token=token)
    status = 400 if answer.wrong else 200
    return pages.page("centre/preferences", shown, language=language, status=status)


@require_safe
def copy(request: HttpRequest, token: str) -> HttpResponse:
    """What is stored about the person, as a file."""
    now = clock_now()
    link = _link(token, now)
    state = read_state(link.recipient_id, now) if link else None
    if link is None or state is None:
        return pages.gone(request)
    name = f"my-data-{now:%Y-%m-%d}.json"
    response = JsonResponse(
        copies.copy_of(state, link.made_at), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    for header, value in pages.headers().items():
        response[header] = value
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _link(token: str, now: datetime) -> tokens.Link | None:
    try:
        return tokens.read(links.keys(), token, now)
    except BadToken:
        return None


def _answer(asked: Asked) -> Answer:
    form = FORMS.get(asked.request.POST.get("do", "")) if pages.posted(asked.request) else None
    if form is None:
        return Answer(wrong=asked.texts["wrong_form"])
    try:
        return form(asked)
    except IntegrityError:  # the person or a type was removed at this moment
        return Answer(wrong=asked.texts["wrong_form"])


def _kinds(asked: Asked) -> Answer:
    moved = changes.kinds_set(
        state=asked.state, toggled=forms.toggled(asked.request.POST), proof=asked.proof()
    )
    notes = [
        say(
            asked.texts,
            "now_on" if on else "now_off",
            kind=kind.name,
            channel=channel_name(asked.texts, switch.channel),
        )
        for kind, switch, on in moved
    ]
    return Answer(notes or [asked.texts["now_unchanged"]])


def _stop(asked: Asked) -> Answer:
    changes.everything_set(state=asked.state, stopped=True, proof=asked.proof())
    return Answer([asked.texts["now_stopped"]])


def _undo(asked: Asked) -> Answer:
    changes.everything_set(state=asked.state, stopped=False, proof=asked.proof())
    return Answer([asked.texts["now_undone"]])


def _allow(asked: Asked) -> Answer:
    channel = asked.request.POST.get("channel", "")
    if not changes.channel_allow(state=asked.state, channel=channel, proof=asked.proof()):
        return Answer([asked.texts["now_unchanged"]])
    return Answer([say(asked.texts, "now_allowed", channel=channel_name(asked.texts, channel))])


def _break(asked: Asked) -> Answer:
    days = asked.request.POST.get("days", "")
    if days not in map(str, changes.BREAKS):
        return Answer(wrong=asked.texts["wrong_form"])
    until = changes.break_set(state=asked.state, days=int(days), proof=asked.proof())
    shown = instant(until, asked.state.zone, asked.language) if until else ""
    return Answer([say(asked.texts, "now_paused", until=shown)])


def _resume(asked: Asked) -> Answer:
    changes.break_set(state=asked.state, days=0, proof=asked.proof())
    return Answer([asked.texts["now_resumed"]])


def _hours(asked: Asked) -> Answer:
    form = forms.read_hours(asked.request.POST, asked.state)
    if form.problems:
        return Answer(wrong=asked.texts["wrong"], hours=form)
    quiet = form.hours()
    changes.hours_set(state=asked.state, quiet=quiet, zone=form.zone, proof=asked.proof())
    if quiet is None:
        return Answer([say(asked.texts, "now_not_quiet", zone=form.zone)])
    said = say(asked.texts, "now_quiet", start=form.start, end=form.end, zone=form.zone)
    return Answer([said])


FORMS = {
    "kinds": _kinds,
    "stop": _stop,
    "undo": _undo,
    "allow": _allow,
    "break": _break,
    "resume": _resume,
    "hours": _hours,
}
