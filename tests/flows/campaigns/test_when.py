"""By each person's own clock, at an instant, again and again."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from notifications.campaigns.models import Campaign, Run, Slice
from notifications.campaigns.run import launch as launching
from notifications.campaigns.run import lifecycle as life
from notifications.campaigns.run import tick as watching
from notifications.campaigns.run.launch import campaign_launch, campaign_unschedule, run_begin
from notifications.campaigns.run.tick import tick
from notifications.campaigns.states import CampaignState
from notifications.models import Delivery
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.models import Recipient
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch, reached
from tests.flows.conftest import all_final, settle
from tests.world import World

DAY = now().date() + timedelta(days=3)  # the log has a place for it
NINE = time(9)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """`day` days after DAY, in UTC."""
    midnight = datetime.combine(DAY, time(), UTC)
    return midnight + timedelta(days=day, hours=hour, minutes=minute)


@pytest.fixture
def zoned(world: World) -> World:
    for zone in ("Asia/Tokyo", "Africa/Johannesburg", "America/Bogota"):
        crowd(world, 2, timezone=zone)
    return world


def begun(world: World, **fields: object) -> Run:
    made = campaign(world, starts="local", on=DAY, at=NINE, **fields)
    return run_begin(campaign=made, now=at(-1, 18))


def zones_due(moment: datetime) -> set[str | None]:
    return set(Slice.objects.filter(due_at__lte=moment).values_list("zone", flat=True))


def test_each_zone_is_due_at_its_own_nine(zoned: World) -> None:
    begun(zoned)

    assert zones_due(at(-1, 23, 59)) == set()
    assert zones_due(at(0, 0)) == {"Asia/Tokyo"}
    assert zones_due(at(0, 7)) == {"Asia/Tokyo", "Africa/Johannesburg"}
    assert zones_due(at(0, 14)) == {"Asia/Tokyo", "Africa/Johannesburg", "America/Bogota"}


def test_a_zones_slice_is_for_its_people_only(zoned: World) -> None:
    begun(zoned)
    Slice.objects.filter(zone="Africa/Johannesburg").update(due_at=now(), starts_at=now())

    tick()
    settle(all_final)

    people = Recipient.objects.filter(timezone="Africa/Johannesburg").values_list("pk", flat=True)
    assert reached() == sorted(people)


def test_who_moved_meanwhile_is_reached_once(zoned: World) -> None:
    begun(zoned)
    Slice.objects.filter(zone="Asia/Tokyo").update(due_at=now(), starts_at=now())
    tick()
    settle(all_final)
    Run.objects.update(began_at=now())
    gone_west = Recipient.objects.filter(timezone="Asia/Tokyo").first()
    gone_east = Recipient.objects.filter(timezone="Africa/Johannesburg").first()
    assert gone_west
    assert gone_east
    # One was reached already, the other's hour there has passed.
    gone_west.timezone, gone_east.timezone = "America/Bogota", "Asia/Tokyo"
    gone_west.save()
    gone_east.save()

    Slice.objects.filter(done_at=None).update(due_at=now(), starts_at=now())
    for _ in range(3):
        go_on()
    settle(all_final)

    assert reached() == sorted(person.pk for person in zoned.people)


def test_by_their_own_clock_the_canary_is_asked_before_the_hour(zoned: World) -> None:
    begun(zoned, canary_percent=20, canary_minutes=15)

    assert zones_due(at(-1, 23, 45)) == {"Asia/Tokyo"}


def test_a_scheduled_campaign_begins_when_it_is_due(world: World) -> None:
    crowd(world, 2)
    tomorrow = now() + timedelta(days=1)
    made = campaign(world, starts="at", on=tomorrow.date(), at=tomorrow.time())
    assert campaign_launch(campaign=made, now=now()) is None
    tick()
    assert not Run.objects.exists()

    Campaign.objects.update(next_at=now())
    tick()
    settle(all_final)

    assert len(reached()) == 2


def test_a_campaign_by_local_hours_begins_before_the_first_zones_hour(world: World) -> None:
    made = campaign(world, starts="local", on=DAY, at=NINE)

    campaign_launch(campaign=made, now=now())

    assert made.next_at == at(-1, 19) - launching.READY


def test_two_ticks_begin_it_once(world: World) -> None:
    made = campaign(world, starts="at", on=DAY, at=NINE)
    campaign_launch(campaign=made, now=now())
    stale = Campaign.objects.get()
    run_begin(campaign=made, now=at(0, 9))

    watching._begin(stale, at(0, 9))

    assert Run.objects.count() == 1


def test_one_that_can_no_longer_begin_waits_for_somebody_to_mend_it(world: World) -> None:
    made = campaign(world, starts="at", on=DAY, at=NINE)
    campaign_launch(campaign=made, now=now())
    Campaign.objects.update(next_at=now(), variables={})

    tick()

    made.refresh_from_db()
    assert made.state == CampaignState.DRAFT
    assert "order_id" in Alert.objects.get(key=f"campaign-not-begun:{made.pk}").detail


def test_a_scheduled_campaign_can_be_a_draft_again(world: World) -> None:
    made = campaign(world, starts="at", on=DAY, at=NINE)
    campaign_launch(campaign=made, now=now())

    campaign_unschedule(campaign=made)

    assert (made.state, made.next_at) == (CampaignState.DRAFT, None)


def test_one_that_repeats_waits_for_its_next_day(world: World) -> None:
    crowd(world, 1)
    made = campaign(world, starts="at", on=DAY, at=NINE, repeat="weekly")
    run = run_begin(campaign=made, now=at(0, 9))

    life.run_finish(run=run, now=at(0, 10))

    made.refresh_from_db()
    assert made.state == CampaignState.SCHEDULED
    assert made.next_at == at(7, 9)


def test_days_that_passed_while_it_ran_are_left_out(world: World) -> None:
    made = campaign(world, starts="at", on=DAY, at=NINE, repeat="daily")
    run = run_begin(campaign=made, now=at(0, 9))

    life.run_finish(run=run, now=at(3, 10))

    made.refresh_from_db()
    assert made.next_at == at(4, 9)


def test_one_that_repeats_ends_on_its_last_day(world: World) -> None:
    made = campaign(
        world, starts="at", on=DAY, at=NINE, repeat="daily", repeat_until=DAY + timedelta(days=1)
    )
    run = run_begin(campaign=made, now=at(0, 9))
    life.run_finish(run=run, now=at(1, 10))

    made.refresh_from_db()
    assert made.state == CampaignState.FINISHED


def test_each_run_reaches_everybody_again(world: World) -> None:
    crowd(world, 2)
    made = campaign(world, starts="at", on=DAY, at=NINE, repeat="daily")
    for day in (0, 1):
        run_begin(campaign=made, now=at(day, 9))
        Slice.objects.filter(done_at=None).update(due_at=now(), starts_at=now())
        for _ in range(2):
            go_on()
        settle(all_final)
        go_on()
        made.refresh_from_db()

    assert Delivery.objects.count() == 4


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"starts": "at"}, "on"),
        ({"starts": "at", "on": DAY}, "at"),
        ({"starts": "at", "on": date(2020, 1, 1), "at": NINE}, "on"),
        ({"repeat": "daily"}, "repeat"),
        ({"expires_at": at(-30, 0)}, "expires_at"),
        ({"hold_out_percent": 60, "test_percent": 50, "winner_by": "opened"}, "hold_out_percent"),
        ({"per_minute": 5, "finish_hours": 2}, "finish_hours"),
        ({"per_minute": 0}, "per_minute"),
        ({"winner_by": "opened", "test_percent": 5}, "winner_by"),
        ({"test_percent": 5}, "test_percent"),
    ],
)
def test_what_cannot_be_launched_says_which_field(
    world: World, fields: dict[str, object], named: str
) -> None:
    made = campaign(world, **fields)

    with pytest.raises(InvalidFields) as caught:
        campaign_launch(campaign=made, now=now())

    assert named in caught.value.fields
    assert not Run.objects.exists()


def test_a_variant_without_what_it_needs_is_named(world: World) -> None:
    made = campaign(world)
    made.variables = {}

    with pytest.raises(InvalidFields) as caught:
        launch(made)

    assert "variants.A: variables.order_id" in caught.value.fields


def test_where_two_persons_are_asked_for_one_cannot_launch_alone(
    world: World, settings: object
) -> None:
    settings.CAMPAIGN_APPROVAL = True  # type: ignore[attr-defined]

    with pytest.raises(InvalidFields, match="approve"):
        campaign_launch(campaign=campaign(world), now=now())
