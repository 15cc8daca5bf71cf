"""The broker forgets everything, and is away for a while."""

from notifications.models import Delivery
from tests.survival.blast import OPEN, RECOVERY, Blast, books_agree
from tests.survival.client import Client
from tests.survival.provider import StandIn
from tests.survival.running import Platform, poll
from tests.survival.servers import Servers

REQUESTS = 200
LONGEST_ANSWER = 1.0  # seconds


def test_a_broker_that_forgets_everything_costs_no_message(blast: Blast, servers: Servers) -> None:
    blast.wait_for(0.3)
    servers.flush_valkey()
    blast.over()

    blast.check()


def test_a_broker_that_is_killed_ends_nothing_that_is_in_flight(
    blast: Blast, servers: Servers
) -> None:
    blast.wait_for(0.3)
    servers.kill_valkey()
    servers.valkey.start()
    blast.over()

    blast.check()


def test_requests_are_accepted_while_the_broker_is_down(
    platform: Platform, servers: Servers, client: Client, provider: StandIn
) -> None:
    poll(platform.is_up, 30, "the platform is up again")
    mark = provider.mark()
    servers.kill_valkey()
    try:
        answers = [client.send(f"person-{n}") for n in range(REQUESTS)]
    finally:
        servers.valkey.start()

    assert {status for status, _ in answers} == {202}
    assert max(seconds for _, seconds in answers) < LONGEST_ANSWER
    poll(lambda: provider.since(mark).total() >= REQUESTS, RECOVERY, "all have arrived")
    poll(lambda: not Delivery.objects.filter(state__in=OPEN).exists(), 5, "all are recorded")
    assert set(provider.since(mark).values()) == {1}
    books_agree()
