"""What an operator changes for people in the admin: written by the same services as all else, so
that each change leaves its proof."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from notifyproj.core import clock
from preferences.consent.choices import About, Choice, Proof, choices_set
from preferences.consent.pauses import Pause, Quiet, pause_set, quiet_set
from preferences.consent.suppress_address import suppression_lift
from preferences.models import Preference, QuietHours, Recipient, Suppression

SOURCE = "admin"


def rows_save(request: HttpRequest, formset: Any) -> bool:
    """Whether they were of a kind that is written here, and so now are."""
    save = {Preference: _choices_save, QuietHours: _quiet_save}.get(formset.model)
    if save is None:
        return False
    formset.save(commit=False)  # so that the admin's own log can say what changed
    with transaction.atomic():
        save(formset, _proof(request))
    return True


def pause_save(request: HttpRequest, person: Recipient) -> None:
    pause_set([Pause(person.pk, person.paused_until, _proof(request))])


def suppression_delete(request: HttpRequest, row: Suppression) -> None:
    suppression_lift(row=row, source=SOURCE, evidence={"by": request.user.get_username()})


def _proof(request: HttpRequest) -> Proof:
    return Proof(SOURCE, clock.now(), {"by": request.user.get_username()})


def _choices_save(formset: Any, proof: Proof) -> None:
    """Of a row that is about something else than before, what it was about is taken back."""
    changed = [row for row, _ in formset.changed_objects]
    touched = [row.pk for row in (*changed, *formset.deleted_objects)]
    made = {_about(row): row.enabled for row in (*changed, *formset.new_objects)}
    before = map(_about, Preference.objects.filter(pk__in=touched))
    choices_set(
        [
            *(Choice(about, None, proof) for about in before if about not in made),
            *(Choice(about, enabled, proof) for about, enabled in made.items()),
        ]
    )


def _about(row: Preference) -> About:
    return About(row.recipient_id, row.type_id, row.category_id, row.channel)


def _quiet_save(formset: Any, proof: Proof) -> None:
    rows = [*(row for row, _ in formset.changed_objects), *formset.new_objects]
    quiet = [Quiet(row.recipient_id, (row.start, row.end), proof) for row in rows]
    gone = [Quiet(row.recipient_id, None, proof) for row in formset.deleted_objects]
    quiet_set(quiet or gone)
