"""Whatever happens to messages, in whatever order: the counters are what a recount finds."""

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from channels.base import Event, EventKind, Outcome, OutcomeKind
from notifications.callbacks.fold import process
from notifications.callbacks.fold.parse import told_of
from notifications.counters import table as counters
from notifications.dispatch.claim import Claimed, claim
from notifications.dispatch.sweep import sweep
from notifications.models import Delivery, Notification
from notifications.queues import DELIVER
from notifications.record import write as recording
from notifications.record.outcomes import Change, Finished, consequence
from notifications.services.cancel import cancel
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published
from tests.flows.steps import conserved, make_due, send
from tests.world import World

STEPS = 150
# Said by an account they would end the conversation: nothing would be sent any more.
LAST_WORDS = (EventKind.COMPLAINED, EventKind.SUPPRESSED, EventKind.UNSUBSCRIBED)
DECLINED = [(State.SKIPPED, "opted_out"), (State.EXPIRED, "expired"), (State.FAILED, "no_account")]
CODES = ("BadDeviceToken", "30005", "no such user, ever", "")


class Chance:
    """One thing after the other, by the dice."""

    def __init__(self, world: World, hints: list[Published], seed: int) -> None:
        self.world, self.hints, self.rng = world, hints, random.Random(seed)
        self.held: list[Claimed] = []
        self.done: list[Finished] = []

    def step(self) -> None:
        moves: list[Callable[[], None]] = [
            *[self.send, self.claim, self.answer, self.answer, self.hear, self.hear, self.hear],
            *[
                self.decline,
                self.answer_again,
                self.lose_a_lease,
                self.expire,
                self.sweep,
                self.cancel,
            ],
            *[counters.fold],
        ]
        self.rng.choice(moves)()

    def send(self) -> None:
        names = self.rng.sample(["ada", "bob", "nobody", "eve"], 2)
        send(self.world, user_ids=names, type="order")

    def claim(self) -> None:
        if self.hints:
            task, args, _ = self.hints.pop(self.rng.randrange(len(self.hints)))
            if task == DELIVER:
                self.held += claim(*args)

    def answer(self) -> None:
        """An attempt ends, one way or another; it may have been slow."""
        if not self.held:
            return
        row = self.held.pop(self.rng.randrange(len(self.held)))
        kind, code = self.rng.choice(list(OutcomeKind)), self.rng.choice(CODES)
        started_at = now() - timedelta(seconds=self.rng.random() * 3)
        account_id, seconds = self.world.account.pk, self.rng.random()
        outcome = Outcome(kind, "x", code)
        resends, cost = self.rng.random() < 0.5, self.rng.choice([0, 500])
        done = Finished(
            row=row,
            account_id=account_id,
            outcome=outcome,
            result=None,
            started_at=started_at,
            duration=seconds,
        )
        done = structs.replace(done, resend_uncertain=resends, cost_micros=cost)
        self.done.append(done)
        self.write(done)

    def decline(self) -> None:
        """Looked at again, it is not tried."""
        if self.held:
            state, reason = self.rng.choice(DECLINED)
            recording.write([Change(self.held.pop(), state, reason)])

    def answer_again(self) -> None:
        """The commit was done, and its answer lost."""
        if self.done:
            self.write(self.rng.choice(self.done))

    def write(self, done: Finished) -> None:
        recording.write([consequence(done, now(), self.rng)])

    def hear(self) -> None:
        """A provider's word, or one of our links', perhaps twice."""
        rows = list(Delivery.objects.order_by("pk"))
        if not rows:
            return
        row, kind = self.rng.choice(rows), self.rng.choice(list(EventKind))
        key = f"{kind}{self.rng.randrange(3)}"
        event = Event(key, kind, now(), UUID(str(row.pk)), code=self.rng.choice(CODES))
        ours = kind in LAST_WORDS or self.rng.random() < 0.3
        account_id = None if ours else self.world.account.pk
        told = told_of(event, received_at=now(), account_id=account_id, channel="push")
        process.record([told] * self.rng.choice([1, 2]))

    def lose_a_lease(self) -> None:
        leased = Delivery.objects.filter(state=State.LEASED)
        leased.update(due_at=now() - timedelta(seconds=1))

    def expire(self) -> None:
        ids = list(Delivery.objects.values_list("pk", flat=True))
        if self.rng.random() < 0.2 and ids:
            past = now() - timedelta(seconds=1)
            Delivery.objects.filter(pk=self.rng.choice(ids)).update(expires_at=past)

    def sweep(self) -> None:
        if self.rng.random() < 0.5:
            make_due()
        sweep()

    def cancel(self) -> None:
        ids = list(Notification.objects.values_list("pk", flat=True))
        if self.rng.random() < 0.3 and ids:
            one = str(self.rng.choice(ids))
            cancel(notification_id=one, service_id=self.world.service.pk)


@pytest.mark.parametrize("seed", range(6))
def test_counters_are_what_a_recount_finds(world: World, hints: list[Published], seed: int) -> None:
    for n, name in enumerate(("ada", "bob", "eve")):
        world.person(name, token=f"{n}" * 64)
    chance = Chance(world, hints, seed)

    for _ in range(STEPS):
        chance.step()

    conserved()
    states = set(Delivery.objects.values_list("state", flat=True))
    assert len(states) > 3, "nothing happened"
