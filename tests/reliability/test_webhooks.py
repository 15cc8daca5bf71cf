"""A customer's endpoint that hangs, beside one that does not."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.base import Channel
from preferences.addresses.addresses import new_data_key
from preferences.models import Recipient
from preferences.recipients.webhooks import webhook_register
from templates.models import MessageTemplate
from templates.versions.services import version_draft, version_publish
from tests.reliability.blast import Blast
from tests.reliability.conftest import FULL, Figures
from tests.reliability.providers import Providers, taken
from tests.survival.running import Platform, poll
from tests.world import PARTS, World

EACH = 1_000 if FULL else 300  # webhooks
PLACES = 50
LATEST = 5.0  # seconds for the endpoint that answers
HANGS = 12.0


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Providers]:
    """An endpoint on a host of its own."""
    made = Providers(tmp_path)
    made.start()
    yield made
    made.stop()


def test_an_endpoint_that_hangs_does_not_delay_another(
    whole: Platform, world: World, providers: Providers, other: Providers, figures: Figures
) -> None:
    parts = {**PARTS, "webhook": {"default": {"json": '{"order": {{ order_id }}}'}}}
    template = MessageTemplate.objects.get()
    version_publish(version=version_draft(template=template, parts=parts))
    slow = [_subscriber(f"slow-{n}", providers.url("slow")) for n in range(EACH)]
    quick = [_subscriber(f"quick-{n}", other.url("quick")) for n in range(EACH)]
    providers.behave("slow", delay=HANGS)
    hanging = Blast(world.type, world.service.pk, Channel.WEBHOOK, slow)
    hanging.until(lambda: bool(providers.since(0, "slow")), 20, "the first one hangs")
    known = Blast(world.type, world.service.pk, Channel.WEBHOOK, quick[:PLACES])
    known.wait(20)  # how quick it is: until then an endpoint gets fifty at a time
    began, mark = time.time(), other.mark()

    Blast(world.type, world.service.pk, Channel.WEBHOOK, quick)

    poll(lambda: len(taken(other.since(mark))) == EACH, 60, "the others arrived", every=0.1)
    late = sorted(arrival.at - began for arrival in other.since(mark))
    figures(
        webhooks=EACH,
        quick_p50=round(late[EACH // 2], 2),
        quick_last=round(late[-1], 2),
        slow_meanwhile=len(providers.since(0, "slow")),
    )
    assert late[-1] <= LATEST
    assert not hanging.is_settled()


def _subscriber(name: str, url: str) -> int:
    person = Recipient.objects.create(external_id=name, data_key=new_data_key(name))
    webhook_register(external_id=name, url=f"{url}/hook")
    return person.pk
