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
from templates.versions.services import version_draft, version_publish
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


def codes(made: Campaign) -> dict[str, int]:
    return {each.code: each.people for each in looked_at(made).acknowledge}


def test_who_cannot_be_written_to_is_not_counted_as_reached(world: World) -> None:
    crowd(world, 2, attributes={"first_name": "Ada"})
    crowd(world, 2)
    world.device(world.people[3], "f" * 64)  # a second phone of somebody is no second person
    made = campaign(world)
    say(world, made, push={"default": {"title": "Hello {{ person.first_name }}", "body": "x"}})

    found = looked_at(made)

    assert found.reached == 2
    assert [(each.people, each.messages) for each in found.reach] == [(2, 2)]
    assert codes(made) == {"unrendered:A:push": 2}


def test_of_two_variants_only_the_people_of_the_broken_one_are_missing(world: World) -> None:
    crowd(world, 10)
    made = campaign(world)
    say(world, made, push={"default": {"title": "مرحبا {{ person.first_name }}", "body": "x"}})
    made.variants.create(name="B", version=TemplateVersion.objects.earliest("id"))

    assert looked_at(made).reached == 5
    assert codes(made) == {"unrendered:A:push": 5}


@pytest.mark.parametrize(
    ("people", "fields", "expected"),
    [
        (16, {"canary_percent": 1}, {"canary_nobody": 16}),
        (16, {"canary_percent": 1, "hold_out_percent": 50}, {"canary_nobody": 8}),
        (16, {"canary_percent": 10}, {}),
        (16, {"canary_percent": 0}, {}),
        (16, {"canary_people": 3, "canary_percent": 1}, {}),
        (2, {"canary_people": 5}, {"canary_everybody": 2}),
        (4, {"canary_people": 3, "hold_out_percent": 50}, {"canary_everybody": 2}),
        (0, {"canary_percent": 1}, {}),
    ],
)
def test_a_canary_that_is_nobody_or_everybody_is_said(
    world: World, people: int, fields: dict[str, Any], expected: dict[str, int]
) -> None:
    crowd(world, people)

    assert codes(campaign(world, **fields)) == expected


def test_a_test_and_a_control_group_of_everybody_leave_no_canary(world: World) -> None:
    crowd(world, 200)
    share = {"test_percent": 90, "winner_by": "opened", "hold_out_percent": 10}
    made = campaign(world, canary_people=5, **share)
    made.variants.create(name="B", version=TemplateVersion.objects.earliest("id"))

    (found,) = looked_at(made).acknowledge

    assert (found.code, found.people) == ("canary_nobody", 180)
    assert "the test and the control group are the whole audience" in found.text


def test_a_channel_that_a_variant_lacks_is_said_with_whom_it_loses(world: World) -> None:
    world.type.channels = ["push", "inbox"]
    world.type.save()
    forget_all()
    crowd(world, 4)
    made = campaign(world)
    say(world, made, push={"default": {"title": "x", "body": "y"}})
    made.variants.create(name="B", version=TemplateVersion.objects.earliest("id"))

    (found,) = looked_at(made).acknowledge

    assert (found.code, found.people) == ("channel_dropped:inbox", 4)
    assert "variant A has no content for it" in found.text


def test_a_channel_nobody_could_be_reached_by_needs_no_tick(world: World) -> None:
    world.type.channels = ["push", "sms"]
    world.type.save()
    forget_all()
    crowd(world, 4)
    made = campaign(world)
    say(world, made, push={"default": {"title": "x", "body": "y"}})

    found = looked_at(made)

    assert found.acknowledge == ()
    assert "Nothing is sent by sms: variant A has no content for it." in found.warnings


def test_variants_without_a_common_channel_cannot_be_launched(world: World) -> None:
    world.type.channels = ["push", "inbox"]
    world.type.save()
    forget_all()
    made = campaign(world)
    say(world, made, push={"default": {"title": "x", "body": "y"}})
    template = TemplateVersion.objects.earliest("id").template
    parts = {"inbox": {"default": {"title": "x", "body": "y"}}}
    other = version_publish(version=version_draft(template=template, parts=parts))
    made.variants.create(name="B", version=other)
    forget_all()

    assert "No channel" in looked_at(made).problems["variants"]


def test_who_sleeps_is_counted_as_later(world: World) -> None:
    crowd(world, 2)
    QuietHours.objects.create(recipient=world.people[0], start=time(0, 0), end=time(23, 59, 59))

    found = looked_at(campaign(world))

    assert [(each.messages, each.later) for each in found.reach] == [(2, 1)]
    assert any("would be deferred" in text for text in found.warnings)


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
    assert "The audience is empty." in looked_at(campaign(world)).warnings
