"""A provider that takes so many a second, and answers 429 to the rest."""

import time

import pytest

from channels.base import Channel
from channels.credentials import account_upsert
from tests.reliability.blast import Blast
from tests.reliability.conftest import FULL, SCALE, Figures
from tests.reliability.people import first_people
from tests.reliability.providers import Providers, by_second
from tests.survival.running import Platform
from tests.world import World

CAPACITY = 500.0 if FULL else 300.0  # messages a second
MESSAGES = min(SCALE.people, 30_000 if FULL else 7_500)
SETTLING = 6  # seconds in which the rate is found
WITHIN = 0.2


@pytest.fixture
def sms(whole: Platform, providers: Providers) -> None:
    account_upsert(
        slug="sms",
        channel="sms",
        kind="twilio",
        endpoint=providers.url("sms"),
        credentials={"account_sid": "AC1", "auth_token": "x"},
        settings={
            "from": "+14155550199",
            "callback_url": "https://notify.example/hooks/twilio/sms",
        },
    )
    providers.behave("sms", capacity=CAPACITY)
    time.sleep(1.2)  # the processes look at the accounts every second


@pytest.mark.usefixtures("sms")
def test_the_rate_becomes_what_the_provider_takes(
    world: World, providers: Providers, figures: Figures
) -> None:
    mark = providers.mark()
    blast = Blast(world.type, world.service.pk, Channel.SMS, first_people(MESSAGES))
    took = blast.wait(4 * MESSAGES / CAPACITY + 60)

    arrivals = providers.since(mark, "sms")
    asked, refused = by_second(arrivals), by_second([a for a in arrivals if not a.taken])
    steady = sorted(asked)[SETTLING:-2]
    rate = sum(asked[second] for second in steady) / len(steady)
    figures(
        messages=MESSAGES,
        seconds=round(took, 1),
        provider_takes=CAPACITY,
        asked_a_second=round(rate, 1),
        refused_share=round(sum(refused[s] for s in steady) / max(1, rate * len(steady)), 3),
        refused_while_settling=sum(refused[s] for s in sorted(asked)[:SETTLING]),
    )
    assert abs(rate - CAPACITY) <= WITHIN * CAPACITY
    assert blast.states() == {"sent": MESSAGES}
    assert blast.most_attempts() == 1
