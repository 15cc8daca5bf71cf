"""The report of a campaign adds up, and says what it can and cannot tell."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifications.analytics.recount import difference
from notifications.campaigns.models import Campaign, Moment, Run
from notifications.campaigns.report.held_out import held_out
from notifications.campaigns.report.moments import note_moments
from notifications.campaigns.report.report import report
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch
from tests.flows.campaigns.test_gates import with_two_variants
from tests.flows.conftest import all_final, settle
from tests.world import World


@pytest.fixture
def ended(world: World) -> Campaign:
    """One with two variants that reached eight; somebody has no address."""
    crowd(world, 8)
    world.person("nowhere")
    made = with_two_variants(campaign(world))
    launch(made)
    go_on()
    settle(all_final)
    go_on()
    return made


def client() -> Client:
    made = Client()
    made.force_login(User.objects.create_superuser("root"))
    return made


def page(name: str, made: Campaign) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[made.pk])


def test_it_adds_up_and_equals_a_recount(ended: Campaign) -> None:
    found = report(ended, list(ended.runs.all()))
    law = found.figures.law()
    assert (found.people, found.visited, law.created, law.sent, law.skipped) == (9, 9, 9, 8, 1)
    assert found.reasons(State.SKIPPED) == [("No address of this person on this channel", 1)]
    assert sum(each.figures.law().sent for each in found.variants) == 8
    assert not difference(now().date())


def test_the_page_says_it_in_words(ended: Campaign) -> None:
    shown = client().get(page("report", ended)).content.decode()
    assert "9 created = 8 sent + 0 failed + 1 skipped" in shown
    assert "No address of this person on this channel" in shown
    assert "Not enough clicks yet to compare" in shown


def test_as_csv_it_has_a_line_a_variant_and_channel(ended: Campaign) -> None:
    answer: Any = client().get(page("report_csv", ended))
    text = b"".join(answer.streaming_content).decode()
    lines = list(csv.DictReader(StringIO(text)))
    assert {(line["run"], line["variant"], line["channel"]) for line in lines} == {
        ("1", "A", "push"),
        ("1", "B", "push"),
    }
    assert sum(int(line["sent"]) for line in lines) == 8


def test_how_it_went_is_noted_every_minute_and_drawn(ended: Campaign) -> None:
    note_moments()
    note_moments()
    assert Moment.objects.count() == 1
    Moment.objects.update(at=now() - timedelta(minutes=1))
    note_moments()
    assert [each.sent for each in Moment.objects.all()] == [8, 8]
    assert "<polyline" in client().get(page("report", ended)).content.decode()


def test_the_held_out_are_compared_with_those_who_were_reached(world: World) -> None:
    crowd(world, 40)
    launch(campaign(world, hold_out_percent=25))
    go_on()
    run = Run.objects.get()
    for person in world.people:
        choice_set(
            recipient_id=person.pk,
            type_id=world.type.pk,
            channel="push",
            enabled=False,
            proof=Proof("api", now()),
        )

    found = held_out(run)

    assert found is not None
    reached, held = found.groups
    assert reached.people + held.people == 40
    assert (reached.left, held.left) == (reached.people, held.people)
    assert reached.people == sum(part.visited for part in run.slices.all())
