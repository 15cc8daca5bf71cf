from datetime import time, timedelta
from typing import Any

import pytest

from notifications.campaigns.models import Campaign
from notifications.campaigns.preflight import preflight as preflights
from notifications.campaigns.preflight.preflight import Preflight, preflight
from notifications.models import Delivery, Notification
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from preferences.models import Cap, QuietHours
from templates.models import TemplateVersion
from templates.versions.published import version_draft, version_publish
from tests.flows.campaigns.steps import campaign, crowd
from tests.providers import StandIn
from tests.world import World, forget_all


def looked_at(made: Campaign) -> Preflight:
    return preflight(made, now())


def say(world: World, made: Campaign, **parts: Any) -> None:
    """Another text for its variant."""
    template = TemplateVersion.objects.earliest("id").template
    version = version_publish(version=version_draft(template=template, parts=parts))
    made.variants.update(version=version)
    forget_all()


def test_it_says_how_many_are_reached_and_why_others_are_not(world: World) -> None:
    crowd(world, 3)
    world.person("nowhere")
    choice_set(
        recipient_id=world.people[0].pk,
        type_id=world.type.pk,
        channel="push",
        enabled=False,
        proof=Proof("api", now()),
    )

    found = looked_at(campaign(world))

    assert (found.audience, found.sampled, found.reached) == (4, 4, 2)
    assert [(each.channel, each.people, each.messages) for each in found.reach] == [("push", 2, 2)]
    assert {(each.reason, each.messages) for each in found.dropped} == {
        ("opted_out", 1),
        ("no_contact_point", 1),
    }


def test_nothing_is_written_counted_or_sent(world: World, provider: StandIn) -> None:
    crowd(world, 3)
    Cap.objects.create(type=world.type, most=1, per="day")
    forget_all()
    made = campaign(world)

    assert looked_at(made).reached == 3
    assert looked_at(made).reached == 3

    assert not Delivery.objects.exists()
    assert not Notification.objects.exists()
    assert not provider.requests


def test_a_sample_stands_for_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflights, "SAMPLE", 5)
    crowd(world, 20)

    found = looked_at(campaign(world))

    assert (found.audience, found.sampled, found.reached) == (20, 5, 20)


def test_it_names_people_whose_data_breaks_the_text(world: World) -> None:
    crowd(world, 2, attributes={"first_name": "Ada"})
    crowd(world, 1)
    made = campaign(world)
    say(world, made, push={"default": {"title": "Hello {{ person.first_name }}", "body": "x"}})

    (broken,) = looked_at(made).broken

    assert (broken.variant, broken.channel, broken.people) == ("A", "push", 1)
    assert broken.examples == ("user-2",)


def test_who_sleeps_is_counted_as_later(world: World) -> None:
    crowd(world, 2)
    QuietHours.objects.create(recipient=world.people[0], start=time(0, 0), end=time(23, 59, 59))

    found = looked_at(campaign(world))

    assert [(each.messages, each.later) for each in found.reach] == [(2, 1)]
    assert any("would wait" in text for text in found.warnings)


def test_the_held_out_are_not_reached(world: World) -> None:
    crowd(world, 10)

    found = looked_at(campaign(world, hold_out_percent=20))

    assert (found.held_out, found.reached) == (2, 8)


def test_what_it_costs_is_by_the_accounts_prices(world: World) -> None:
    world.account.costs = {"": 0.5}
    world.account.save()
    forget_all()
    crowd(world, 4)

    assert looked_at(campaign(world)).cost == 2.0


def test_the_end_follows_from_the_rate(world: World) -> None:
    crowd(world, 20)

    found = looked_at(campaign(world, per_minute=2))

    assert found.ends_at is not None
    assert found.begins_at is not None
    assert found.ends_at - found.begins_at == timedelta(minutes=10)


def test_without_an_account_there_is_no_end(world: World) -> None:
    world.account.held_at = now()
    world.account.save()
    forget_all()
    crowd(world, 1)

    assert looked_at(campaign(world)).ends_at is None


def test_one_that_cannot_be_launched_says_why(world: World) -> None:
    crowd(world, 1)
    made = campaign(world, starts="at")

    assert "on" in looked_at(made).problems


def test_an_empty_audience_is_a_warning(world: World) -> None:
    assert "Nobody is in the audience." in looked_at(campaign(world)).warnings
