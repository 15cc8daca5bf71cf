"""What feeds the sending processes is killed: beat, the resolver, the web process."""

from notifications.models import Delivery
from tests.survival.blast import OPEN, RECOVERY, Blast, books_agree
from tests.survival.client import Client
from tests.survival.provider import StandIn
from tests.survival.running import Platform, kill, poll
from tests.survival.servers import Servers


def test_beat_is_back_soon_and_what_was_due_meanwhile_goes_out(
    blast: Blast, platform: Platform, servers: Servers
) -> None:
    blast.wait_for(0.3)
    kill(platform.main("beat"))
    servers.flush_valkey()  # so that only the sweep can know what is left
    blast.over()

    blast.check()


def test_a_resolver_killed_between_chunks_leaves_nobody_out_and_nobody_twice(
    blast: Blast, platform: Platform
) -> None:
    poll(lambda: blast.resolved() > 0, 20, "the first chunk is written")
    kill(platform.main("background"))
    blast.over()
    assert blast.is_resolving()

    blast.check()


def test_a_web_process_killed_between_commit_and_publish_has_accepted_what_it_wrote(
    platform: Platform, servers: Servers, client: Client, provider: StandIn
) -> None:
    poll(platform.is_up, 30, "the platform is up again")
    mark = provider.mark()
    client.send("person-0")  # the first request with a key is also noted as the key's last use
    poll(lambda: provider.mark() > mark, RECOVERY, "it has arrived")
    mark = provider.mark()
    web = platform.main("web")
    with servers.unanswered_commits():
        answer = client.send_unheard("person-1")
        poll(lambda: servers.has_unanswered("web"), 10, "it is committed")
        kill(web, *web.children())
    assert answer.result(timeout=5) is None

    poll(lambda: provider.mark() > mark, RECOVERY, "it has arrived")
    poll(lambda: not Delivery.objects.filter(state__in=OPEN).exists(), 5, "it is recorded")
    assert list(provider.since(mark).values()) == [1]
    books_agree()
