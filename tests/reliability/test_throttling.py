"""A provider that takes so many a second, and answers 429 to the rest."""

from collections.abc import Callable

from channels.base import Channel
from tests.reliability.blast import Blast
from tests.reliability.conftest import FULL, SCALE, Figures
from tests.reliability.people import first_people
from tests.reliability.providers import Providers, by_second
from tests.world import World

CAPACITY = 500.0 if FULL else 300.0  # messages a second
MESSAGES = min(SCALE.people, 30_000 if FULL else 7_500)
SETTLING = 6  # seconds in which the rate is found
WITHIN = 0.2 if FULL else 0.35  # a short run has hardly settled


def test_the_rate_becomes_what_the_provider_takes(
    sms: Callable[..., None], world: World, providers: Providers, figures: Figures
) -> None:
    sms("sms")
    providers.behave("sms", capacity=CAPACITY)
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
