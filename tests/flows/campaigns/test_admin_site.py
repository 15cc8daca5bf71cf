"""The pages of campaigns, as people with a role use them."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.states import CampaignState
from notifications.models import Notification
from notifications.segments.models import Segment
from notifyproj.core.clock import now
from notifyproj.core.models import AuditEntry
from templates.models import TemplateVersion
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch
from tests.flows.conftest import Published, all_final, settle
from tests.world import World


def somebody(role: str, name: str = "") -> User:
    user = User.objects.create_user(name or f"a-{role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def marketer(world: World) -> Client:
    client = Client()
    client.force_login(somebody("marketer"))
    return client


def page(name: str, made: Campaign | None = None) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[made.pk] if made else [])


def written(world: World, **fields: Any) -> dict[str, Any]:
    """What a browser sends for a simple one."""
    return {
        "name": "Spring",
        "type": world.type.pk,
        "service": world.service.pk,
        "priority": "low",
        "starts": "now",
        "pace": "full",
        "first": "nobody",
        "variant-0-version": TemplateVersion.objects.earliest("pk").pk,
        "variant-0-name": "A",
        "v-order_id": "A-1",
        **fields,
    }


def seen(made: Campaign) -> dict[str, str]:
    made.refresh_from_db()
    return {"seen": made.updated_at.isoformat()}


def test_a_draft_is_written_by_a_form(world: World, marketer: Client) -> None:
    answer = marketer.post(page("add"), written(world))

    made = Campaign.objects.get()
    assert answer["Location"] == page("change", made)
    assert (made.name, made.variables, made.state) == ("Spring", {"order_id": "A-1"}, "draft")
    assert str(made.owner) == "a-marketer"
    assert [variant.name for variant in made.variants.all()] == ["A"]


def test_what_a_message_asks_for_has_a_field(world: World, marketer: Client) -> None:
    shown = marketer.get(page("change", campaign(world))).content.decode()
    assert 'name="v-order_id" value="A-1"' in shown


def test_what_keeps_a_draft_from_being_launched_is_said_beside_its_field(
    world: World, marketer: Client
) -> None:
    shown = marketer.get(page("change", campaign(world, starts="at"))).content.decode()
    assert "Enter a date." in shown


def test_numbers_that_mean_nothing_for_what_was_chosen_are_not_kept(
    world: World, marketer: Client
) -> None:
    marketer.post(page("add"), written(world, per_minute="100", on="2027-01-01", at="09:00"))
    made = Campaign.objects.get()
    assert (made.per_minute, made.on, made.at) == (None, None, None)


def test_a_preview_shows_the_message_as_a_person_would_get_it(
    world: World, marketer: Client
) -> None:
    shown = marketer.post(page("preview"), written(world)).content.decode()
    assert "<b>Order A-1</b>It is on its way." in shown


def test_a_preflight_says_what_the_button_will_do(world: World, marketer: Client) -> None:
    crowd(world, 3)
    made = campaign(world, canary_percent=50)
    shown = marketer.get(page("preflight_found", made)).content.decode()
    assert "Send to about 3 people, 50 % first, the rest 10 min later" in shown


def test_a_preflight_of_what_cannot_go_out_has_no_button(world: World, marketer: Client) -> None:
    shown = marketer.get(page("preflight_found", campaign(world, starts="at"))).content.decode()
    assert "This campaign cannot be launched" in shown
    assert "Send to about" not in shown


def test_what_has_all_gone_out_is_not_asked_about_nor_cancelled(
    world: World, marketer: Client
) -> None:
    crowd(world, 2)
    made = campaign(world)
    marketer.post(page("launch", made), seen(made))
    settle(all_final)

    asked = marketer.get(page("cancel", made)).content.decode()
    assert "Every message has already been sent" in asked
    assert "<button" not in asked.partition("Every message")[2].partition("</form>")[0]
    marketer.post(page("cancel", made))
    made.refresh_from_db()
    assert made.state == CampaignState.RUNNING


def test_it_is_launched_paused_resumed_and_cancelled(
    world: World, marketer: Client, hints: list[Published]
) -> None:
    crowd(world, 2)
    made = campaign(world)
    marketer.post(page("launch", made), seen(made))
    assert Run.objects.get().state == "running"

    marketer.post(page("pause", made), {"because": "A typo"})
    assert Run.objects.get().stopped_because == "A typo"
    asked = marketer.get(page("resume", made)).content.decode()
    assert "It was paused because A typo." in asked
    marketer.post(page("resume", made))
    assert Run.objects.get().state == "running"

    marketer.post(page("cancel", made))
    made.refresh_from_db()
    assert made.state == CampaignState.CANCELLED
    rows = AuditEntry.objects.filter(model="campaigns.campaign", action="did").order_by("pk")
    assert [row.actor for row in rows] == ["a-marketer"] * 4
    assert [row.note.partition(":")[0].partition(",")[0] for row in rows] == [
        "Launched",
        "Paused",
        "Resumed.",
        "Cancelled",
    ]


def test_what_was_changed_since_it_was_looked_at_is_not_launched(
    world: World, marketer: Client
) -> None:
    made = campaign(world)
    looked_at = seen(made)
    marketer.post(page("change", made), written(world, name="Another"))
    marketer.post(page("launch", made), looked_at)
    assert not Run.objects.exists()


def test_the_numbers_of_a_run_come_as_json(world: World, marketer: Client) -> None:
    crowd(world, 2)
    made = campaign(world)
    launch(made)
    go_on()
    live = marketer.get(page("progress_json", made)).json()
    assert live["state"] == "running running 3"
    assert (live["texts"]["visited"], live["share"]) == ("2", 100.0)


def test_a_new_rate_holds_from_now_on_and_after_a_pause(world: World, marketer: Client) -> None:
    crowd(world, 2)
    made = campaign(world)
    launch(made)
    marketer.post(page("rate", made), {"per_minute": "60"})
    marketer.post(page("pause", made))
    marketer.post(page("resume", made))
    assert Run.objects.get().per_minute == 60


def test_a_test_goes_to_one_person_and_counts_for_nothing(world: World, marketer: Client) -> None:
    crowd(world, 2)
    made = campaign(world)
    marketer.post(page("test", made), {"person": "user-1"})
    assert Notification.objects.get().recipient_ids == [world.people[1].pk]
    assert not Run.objects.exists()


def test_where_two_are_wanted_the_owner_does_not_approve(
    world: World, marketer: Client, settings: Any
) -> None:
    settings.CAMPAIGN_APPROVAL = True
    marketer.post(page("add"), written(world))
    made = Campaign.objects.get()
    marketer.post(page("approve", made), seen(made))
    marketer.post(page("launch", made), seen(made))
    made.refresh_from_db()
    assert (made.approved_by, made.state) == (None, "draft")


def test_another_approves_and_a_change_takes_it_back(
    world: World, marketer: Client, settings: Any
) -> None:
    settings.CAMPAIGN_APPROVAL = True
    marketer.post(page("add"), written(world))
    made = Campaign.objects.get()
    second = Client()
    second.force_login(somebody("marketer", "second"))

    second.post(page("approve", made), seen(made))
    made.refresh_from_db()
    assert str(made.approved_by) == "second"

    marketer.post(page("change", made), written(world, name="Another"))
    made.refresh_from_db()
    assert made.approved_by is None


def test_a_copy_is_a_draft_of_whoever_made_it(world: World, marketer: Client) -> None:
    made = campaign(world)
    launch(made)
    marketer.post(page("copy", made))
    copied = Campaign.objects.latest("pk")
    assert (copied.state, str(copied.owner), copied.runs_begun) == ("draft", "a-marketer", 0)
    assert copied.variants.count() == 1


def test_what_was_launched_cannot_be_changed(world: World, marketer: Client) -> None:
    made = campaign(world)
    launch(made)
    marketer.post(page("change", made), written(world, name="Another"))
    made.refresh_from_db()
    assert made.name == "News"


def test_the_list_says_how_each_stands(world: World, marketer: Client) -> None:
    crowd(world, 2)
    launch(campaign(world))
    go_on()
    shown = marketer.get(page("changelist"), {"state": "running"}).content.decode()
    assert "2 of about 2" in shown


def test_one_for_later_waits_and_can_be_a_draft_again(world: World, marketer: Client) -> None:
    made = campaign(world, starts="at", on="2099-01-01", at="09:00")
    marketer.post(page("launch", made), seen(made))
    shown = marketer.get(page("progress", made)).content.decode()
    assert "Starts " in shown

    marketer.post(page("unschedule", made))
    made.refresh_from_db()
    assert (made.state, Run.objects.exists()) == ("draft", False)


def test_a_segment_is_named_with_its_count(world: World, marketer: Client) -> None:
    Segment.objects.create(
        slug="plus", name="Plus", rules={}, last_count=1234, counted_at=now(), last_count_exact=True
    )
    shown = marketer.get(page("add")).content.decode()
    assert "Plus (1,234, counted" in shown
