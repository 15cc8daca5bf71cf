"""An account, or all of them, fail for a while."""

import time
from collections import Counter
from collections.abc import Callable

from channels.base import Channel
from channels.models import ProviderAccount
from tests.reliability.blast import Blast
from tests.reliability.conftest import SCALE, Figures
from tests.reliability.providers import Providers, by_second, taken
from tests.reliability.urgent import Codes
from tests.survival.running import Platform, poll
from tests.world import World

MOST_LATE = 2.0  # seconds, of an urgent message
RECOVERY = 60.0  # seconds after the end of an outage, besides what the blast takes anyway
LONGEST_PAUSE = 120.0  # to the next probe, and of a message that was tried twice before
MOST_TRIED = 25_000  # in the seconds until the breakers open
USUAL_RATE = 2_000  # deliveries a second, at least, on two cores with the provider beside them


def settle_time() -> float:
    return SCALE.people / USUAL_RATE + RECOVERY


def test_an_account_that_answers_500_is_not_noticed(
    whole: Platform, world: World, providers: Providers, codes: Codes, figures: Figures
) -> None:
    mark = providers.mark()
    with codes:
        time.sleep(1)
        providers.behave("a", status=500)
        failing = time.monotonic()
        blast = Blast(world.type, world.service.pk)
        took = blast.wait(SCALE.outage + settle_time())
        time.sleep(max(0.0, SCALE.outage - (time.monotonic() - failing)))
        providers.behave("a")
        time.sleep(3)
    late = codes.latencies()
    arrivals = providers.since(mark)
    ids = blast.ids()
    seen = taken([arrival for arrival in arrivals if arrival.id in ids])
    refused = sum(1 for a in arrivals if a.account == "a" and a.status == 500)

    figures(
        messages=SCALE.people,
        blast_seconds=round(took, 1),
        urgent=len(late),
        urgent_p50=round(late[len(late) // 2], 3),
        urgent_worst=round(late[-1], 3),
        refused_by_the_failing_account=refused,
    )
    assert late[-1] <= MOST_LATE
    assert len(seen) == SCALE.people
    assert max(seen.values()) == 1
    assert blast.states() == Counter({"sent": SCALE.people})


def test_all_accounts_down_and_back_drain_without_a_herd(
    sms: Callable[..., None], world: World, providers: Providers, figures: Figures
) -> None:
    """Text messages: Apple asks for a quarter of an hour after a 500."""
    sms("sms-a", "sms-b")
    providers.behave("sms-a", "sms-b", status=500)
    mark = providers.mark()
    blast = Blast(world.type, world.service.pk, Channel.SMS)
    time.sleep(SCALE.outage)
    waited, during = blast.states(), providers.since(mark)
    providers.behave("sms-a", "sms-b")
    back, recovered = providers.mark(), time.monotonic()
    blast.wait(settle_time() + LONGEST_PAUSE)
    drained = time.monotonic() - recovered
    after = by_second(providers.since(back))
    seen = taken(providers.since(mark))

    figures(
        messages=SCALE.people,
        outage_seconds=SCALE.outage,
        tried_during_the_outage=len(during),
        drained_seconds=round(drained, 1),
        first_seconds=[after[second] for second in sorted(after)[:5]],
        busiest_second=max(after.values()),
    )
    assert not [state for state in waited if state.startswith("failed")]
    assert len(during) <= MOST_TRIED
    assert len(seen) == SCALE.people
    assert max(seen.values()) == 1
    assert blast.states() == Counter({"sent": SCALE.people})
    poll(_all_closed, 30, "the breakers are closed")


def _all_closed() -> bool:
    return not ProviderAccount.objects.filter(channel="sms").exclude(breaker="closed").exists()
