"""What the page before a launch asks a marketer to confirm."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.test import Client

from notifications.campaigns.models import Run
from notifyproj.core.clock import now
from notifyproj.core.models import AuditEntry
from tests.flows.campaigns.steps import campaign, crowd
from tests.flows.campaigns.test_admin_site import marketer as marketer
from tests.flows.campaigns.test_admin_site import page, seen
from tests.world import World


def test_the_button_counts_only_whom_it_reaches(world: World, marketer: Client) -> None:
    crowd(world, 3)
    world.person("nowhere")
    shown = marketer.get(page("preflight_found", campaign(world))).content.decode()
    assert "Send to about 3 people" in shown


def test_a_launch_without_the_ticks_asked_for_is_refused(world: World, marketer: Client) -> None:
    crowd(world, 3)
    made = campaign(world, canary_percent=1)
    shown = marketer.get(page("preflight_found", made)).content.decode()
    assert 'name="acknowledge" value="canary_nobody=3" required' in shown
    assert "1 % of about 3 people" in shown

    marketer.post(page("launch", made), seen(made))
    assert not Run.objects.exists()
    marketer.post(page("launch", made), {**seen(made), "acknowledge": "canary_nobody"})
    assert Run.objects.exists()
    assert AuditEntry.objects.filter(note__startswith="Acknowledged: The canary").exists()


def test_those_whose_hour_has_passed_can_be_left_out_from_the_page_that_asks(
    world: World, marketer: Client
) -> None:
    crowd(world, 3, timezone="Pacific/Kiritimati")
    there = now().astimezone(ZoneInfo("Pacific/Kiritimati")) - timedelta(hours=1)
    made = campaign(world, starts="local", on=there.date(), at=there.time())
    shown = marketer.get(page("preflight_found", made)).content.decode()
    assert f"{there:%H:%M} on" in shown
    assert "Skip them" in shown

    marketer.post(page("past", made), {**seen(made), "if_past": "skip"})
    shown = marketer.get(page("preflight_found", made)).content.decode()
    assert "They get nothing" in shown
    marketer.post(page("past", made), {**seen(made), "if_past": "whenever"})
    made.refresh_from_db()
    assert made.if_past == "skip"
