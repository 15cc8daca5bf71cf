"""Pause, resume, cancel, change the rate: confirmed, with numbers, and in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.pages import labels
from notifications.campaigns.pages.base import (
    RUN,
    campaign_of,
    complain,
    needs,
    note,
    page,
    to,
)
from notifications.campaigns.plan.write import run_rate
from notifications.campaigns.report.progress import Progress, progress
from notifications.campaigns.report.runs import run_of
from notifications.campaigns.run.lifecycle import campaign_cancel, is_over, run_pause, run_resume
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now

BOTH = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before it is done. `ask_why`: a reason can be given. `button` "": there is
    nothing to do."""

    text: str
    button: str
    dangerous: bool = False
    ask_why: bool = False


Do = Callable[[HttpRequest, Campaign, Run | None], str]  # answers what was done


@needs(RUN, methods=BOTH)
def pause(request: HttpRequest, object_id: str) -> HttpResponse:
    return _asked_twice(request, object_id, _pause_question, _pause)


@needs(RUN, methods=BOTH)
def resume(request: HttpRequest, object_id: str) -> HttpResponse:
    return _asked_twice(request, object_id, _resume_question, _resume)


@needs(RUN, methods=BOTH)
def cancel(request: HttpRequest, object_id: str) -> HttpResponse:
    return _asked_twice(request, object_id, _cancel_question, _cancel)


@needs(RUN, methods=("POST",))
def rate(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    run, text = run_of(campaign), request.POST.get("per_minute", "").strip()
    try:
        per_minute = _per_minute(text)
        if run is None:
            raise InvalidFields({"state": "The campaign is not running."})
        run_rate(run=run, per_minute=per_minute, now=now())
    except InvalidFields as error:
        complain(request, error)
        return to("progress", campaign)
    said = f"{labels.people(per_minute)} per minute" if per_minute else "as fast as possible"
    note(campaign, f"Rate changed: {said}.")
    messages.success(request, f"The send rate is now {said}.")
    return to("progress", campaign)


def _per_minute(text: str) -> int | None:
    """Raises InvalidFields."""
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text[:10]) <= 100_000_000:
        raise InvalidFields(
            {"per_minute": "Enter a whole number of people per minute, or leave it empty."}
        )
    return int(text)


def _asked_twice(
    request: HttpRequest,
    object_id: str,
    question: Callable[[Campaign, Progress | None], Question],
    do: Do,
) -> HttpResponse:
    campaign = campaign_of(object_id)
    run = run_of(campaign)
    if request.method != "POST":
        found = progress(run, now()) if run else None
        asked = question(campaign, found)
        title = f"{asked.button}?" if asked.button else "Nothing to cancel"
        return page(request, "confirm", campaign, title, question=asked)
    try:
        done = do(request, campaign, run)
    except InvalidFields as error:
        complain(request, error)
        return to("progress", campaign)
    note(campaign, done)
    messages.success(request, done)
    return to("progress", campaign)


def _pause_question(campaign: Campaign, found: Progress | None) -> Question:
    if found is None:
        return Question("The campaign is not running.", "Pause campaign")
    law, left = found.figures.law(), max(0, found.people - found.visited)
    text = (
        f"Waiting, and kept: {labels.messages(law.waiting)}. Not processed yet: about"
        f" {labels.people(left)}. Already sent: {labels.messages(law.sent)}."
        " Resume the campaign to continue from here."
    )
    return Question(text, "Pause campaign", ask_why=True)


def _pause(request: HttpRequest, campaign: Campaign, run: Run | None) -> str:
    because = request.POST.get("because", "").strip()
    run_pause(run=_running(run), by=str(request.user), because=because, now=now())
    return f"Paused: {because}" if because else "Paused: nothing more is sent."


def _resume_question(campaign: Campaign, found: Progress | None) -> Question:
    if found is None:
        return Question("It is not paused.", "Resume campaign")
    law, left = found.figures.law(), max(0, found.people - found.visited)
    why = found.run.stopped_because
    text = (
        f"Waiting, and sent first: {labels.messages(law.waiting)}. Not processed yet: about"
        f" {labels.people(left)}. Auto-pause counters restart."
    )
    before = f"It was paused because {why}. " if why else ""
    return Question(before + text, "Resume campaign")


def _resume(request: HttpRequest, campaign: Campaign, run: Run | None) -> str:
    run_resume(run=_running(run), by=str(request.user), now=now())
    return "Resumed."


def _cancel_question(campaign: Campaign, found: Progress | None) -> Question:
    if found is None:
        text = (
            f"Nothing has been sent. The scheduled send will not happen: {labels.when(campaign)}."
        )
        return Question(text, "Cancel campaign", dangerous=True)
    if is_over(found.run):
        return _all_out(campaign)
    law, left = found.figures.law(), max(0, found.people - found.visited)
    text = (
        f"{labels.messages(law.waiting)} waiting will not be sent, and about"
        f" {labels.people(left)} will get nothing. {labels.messages(law.sent)} already sent"
        " cannot be taken back. A cancelled campaign cannot be resumed."
    )
    button = f"Cancel {law.waiting:,} waiting message{'' if law.waiting == 1 else 's'}"
    return Question(text, button, dangerous=True)


def _all_out(campaign: Campaign) -> Question:
    if campaign.repeat:
        text = "Every message of this run has been sent. Later runs will not start."
        return Question(text, "Cancel later runs", dangerous=True)
    return Question("Every message has already been sent: there is nothing to cancel.", "")


def _cancel(request: HttpRequest, campaign: Campaign, run: Run | None) -> str:
    done = campaign_cancel(campaign=campaign, by=str(request.user), now=now())
    more = "" if done.complete else " More are cancelled within seconds."
    return f"Cancelled: {labels.messages(done.deliveries)} will not be sent.{more}"


def _running(run: Run | None) -> Run:
    """Raises InvalidFields."""
    if run is None:
        raise InvalidFields({"state": "It has not started."})
    return run
