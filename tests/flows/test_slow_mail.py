"""A mail server that takes its time: the lease is renewed, and nothing is sent twice."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.transport import loop as transport
from notifications.deliver import lease_renewal, worker
from notifications.deliver.lease_renewal import leases, renew
from notifications.dispatch.claim import claim
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from templates.versions.services import template_create, version_draft, version_publish
from tests.channels.peers import serving
from tests.flows.conftest import Published, settle
from tests.flows.steps import go_on, make_due, only_delivery, run, send, settled
from tests.world import World, contact_point, forget_all


class Thinking:
    """A mail server that answers the final dot when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.messages = 0

    def __call__(self, connection: object) -> None:
        lines = connection.makefile("rb")  # type: ignore[attr-defined]
        say = connection.sendall  # type: ignore[attr-defined]
        say(b"220 mail.example ESMTP\r\n")
        in_data = False
        for line in lines:
            if in_data and line != b".\r\n":
                continue
            if line == b".\r\n":
                self.messages += 1
                self.go.wait(20)
            in_data = line.startswith(b"DATA")
            say(b"354 Go on\r\n" if in_data else b"250 OK\r\n")


@pytest.fixture
def thinking(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Thinking]:
    monkeypatch.setattr(lease_renewal, "EVERY", 0.05)
    monkeypatch.setattr(lease_renewal, "YOUNG", 0.0)
    template = template_create(slug="letter", name="Letter")
    parts = {"email": {"default": {"subject": "s", "text": "t"}}}
    version_publish(version=version_draft(template=template, parts=parts))
    contact_point(world.person("ada"), "email", "ada@example.org")
    peer = Thinking()
    with serving(peer) as port:
        account_upsert(
            slug="mail",
            channel="email",
            kind="smtp",
            endpoint=f"smtp://127.0.0.1:{port}",
            settings={"from": "shop@example.com"},
        )
        routes.forget()
        forget_all()
        yield peer
        peer.go.set()
        worker.drain()
        worker.forget()
        transport.forget()


def post(world: World, hints: list[Published]) -> None:
    send(world, user_id="ada", channels=["email"], template_id="letter")
    run(hints)


def test_a_transaction_longer_than_a_lease_keeps_its_lease(
    world: World, thinking: Thinking, hints: list[Published]
) -> None:
    post(world, hints)
    settle(lambda: thinking.messages == 1)

    for _ in range(3):  # time passes, again and again
        make_due()
        settle(lambda: bool(Delivery.objects.get().due_at > now() + timedelta(seconds=20)))  # type: ignore[operator]
        sweep()
        run(hints)
    assert (thinking.messages, only_delivery().state) == (1, State.LEASED)

    thinking.go.set()
    assert settled().state == State.SENT
    assert (thinking.messages, Attempt.objects.count()) == (1, 1)


def test_once_answered_a_lease_is_not_renewed(
    world: World, thinking: Thinking, hints: list[Published]
) -> None:
    thinking.go.set()
    post(world, hints)
    assert settled().due_at is None
    assert leases().held() == 0


def test_a_lease_of_a_process_that_is_gone_runs_out(
    world: World, thinking: Thinking, hints: list[Published]
) -> None:
    post(world, hints)
    settle(lambda: thinking.messages == 1)
    leases().stop()

    go_on()
    run(hints)

    settle(lambda: thinking.messages == 2)


def test_only_the_holder_renews(world: World, thinking: Thinking, hints: list[Published]) -> None:
    send(world, user_id="ada", channels=["email"], template_id="letter")
    [row] = claim(*hints.pop().args)
    make_due()
    before = only_delivery().due_at

    renew({row.id: row.lease + 1})
    assert only_delivery().due_at == before
    renew({row.id: row.lease})
    assert only_delivery().due_at > now() + timedelta(seconds=20)  # type: ignore[operator]
    Delivery.objects.update(state=State.WAITING, due_at=before)
    renew({row.id: row.lease})
    assert only_delivery().due_at == before
