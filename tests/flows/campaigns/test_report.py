"""A campaign's messages, found again in reports."""

from notifications.api import report_rows
from notifyproj.core.clock import now
from tests.flows.campaigns.steps import campaign, crowd, go_on, launch
from tests.flows.steps import send, settled
from tests.world import World


def test_a_campaign_is_told_apart_from_others_and_from_none(world: World) -> None:
    crowd(world, 3)
    first, second = campaign(world), campaign(world, name="More news")
    for each in (first, second):
        launch(each)
        go_on()
    send(world, user_id="user-0")
    settled()

    found = report_rows.report(report_rows.read({"group_by": "campaign"}, now()))
    only = report_rows.report(report_rows.read({"campaign": str(first.pk)}, now()))

    created = {row.group["campaign"]: row.created for row in found}
    assert created == {first.pk: 3, second.pk: 3, None: 1}
    assert [row.created for row in only] == [3]
