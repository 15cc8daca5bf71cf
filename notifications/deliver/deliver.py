"""Claim, load, decide again, let go of the database, build, submit to the process's loop, return.

Nothing here waits for a provider: results come back through the recorder.
"""

import logging
import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.accounts.receipts import sends_receipts
from channels.base import (
    HttpRequest,
    InboxWrite,
    Outcome,
    OutcomeKind,
    Response,
    SmtpSend,
    TransportFailure,
)
from channels.inbox.services import store as store_in_inbox
from channels.transport.look_up import FOUND
from channels.transport.loop import Job, endpoint_of, transport
from notifications.attachments.memory_budget import put_down
from notifications.deliver.batch import together
from notifications.deliver.lease_renewal import leases
from notifications.deliver.prepare import Ready, prepare
from notifications.deliver.route import BACK_AFTER
from notifications.deliver.screen import routable
from notifications.deliver.uncertain import RESEND, finder_of, load_unanswered
from notifications.dispatch.claim import claim, hand_back, load
from notifications.dispatch.dispatch import count_taken
from notifications.queues import QUEUE_OF
from notifications.record.fallback import needed
from notifications.record.outcomes import Change, Finished
from notifications.record.recorder import recorder
from notifications.statuses import State
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

START_WITHIN = 8.0  # seconds after its claim a send may start
WAIT_FOR_ROOM = 3.0  # seconds
BACK_WHEN_FULL = 1.0
DRAINED = 50  # messages a second that an endpoint is thought to take, until it shows more
LATEST = 60.0  # seconds, for one endpoint of a customer
LATEST_OF_ACCOUNT = 10.0  # seconds: how fast a peer is was measured a moment ago, and may be over

_stopping = False


def deliver(ids: Sequence[str], dispatch_nos: Sequence[int]) -> None:
    """One hint. Raises nothing for a single delivery's trouble."""
    if _stopping:
        hand_back(ids, dispatch_nos, 0)
        return
    if not wait_for_room(WAIT_FOR_ROOM, min(len(ids), 500)):
        hand_back(ids, dispatch_nos, BACK_WHEN_FULL)
        return
    deadline = time.monotonic() + START_WITHIN  # from before: we may be stopped in the claim itself
    rows = claim(ids, dispatch_nos)
    if not rows:
        return
    count_taken(QUEUE_OF[rows[0].channel, rows[0].lane], len(ids))
    loaded = load(rows)
    now = clock_now()
    put = recorder().put
    unanswered = load_unanswered(rows) if any(row.reason == RESEND for row in rows) else {}
    if any(row.fallback_of for row in rows):
        rows = needed(rows, now, put)
    ready = []
    for chosen in routable(rows, loaded, now, put):
        match prepare(chosen, loaded, now, unanswered):
            case Ready() as prepared:
                ready.append(prepared)
            case Change() | Finished() as settled:
                if loaded.files:
                    put_down(settled.row.id)
                put(settled)
    _submit(ready, now, deadline)


def wait_for_room(timeout: float, n: int) -> bool:
    """Wait until `n` more may be sent: not too much is in flight, nor answered and unwritten.
    False after about `timeout` seconds."""
    give_up = time.monotonic() + timeout
    if not transport().wait_for_room(timeout, n):
        return False
    return recorder().wait_until_written(give_up - time.monotonic())


def stop_starting() -> None:
    """Hints that still come are handed back unclaimed."""
    global _stopping
    _stopping = True


def forget() -> None:
    """Begin anew, as a forked child does."""
    global _stopping
    _stopping = False


os.register_at_fork(after_in_child=forget)


def _submit(ready: Sequence[Ready], now: datetime, deadline: float) -> None:
    inbox = [item for item in ready if isinstance(item.send, InboxWrite)]
    if inbox:
        _write_inbox(inbox, now)
    by_account: dict[int, list[Ready]] = {}
    for item in _within_places(ready):
        if not isinstance(item.send, InboxWrite):
            by_account.setdefault(item.route.account.id, []).append(item)
    for account_id, items in by_account.items():
        _submit_to(account_id, items, deadline)


def _within_places(ready: Sequence[Ready]) -> list[Ready]:
    """Without those whose endpoint has enough in flight: they go back, and wait for one another
    rather than for us, or a slow endpoint would be claimed again and again."""
    sender, asked, kept = transport(), Counter[str](), []
    for item in ready:
        if endpoint := endpoint_of(item.send):
            asked[endpoint] += 1
            behind = asked[endpoint] - sender.room_at(endpoint)
            if behind > 0:
                pace = max(sender.pace_at(endpoint), DRAINED)
                _hand_back(item, BACK_AFTER + timedelta(seconds=min(behind / pace, LATEST)))
                continue
        kept.append(item)
    return kept


def _hand_back(item: Ready, after: timedelta) -> None:
    if item.has_files:
        put_down(item.row.id)
    due_at = clock_now() + after
    recorder().put(Change(item.row, State.WAITING, item.row.reason, due_at=due_at))


def _submit_to(account_id: int, items: list[Ready], deadline: float) -> None:
    """As fast as its peer and the account's share of this process allow; what is over goes back,
    at once where the peer is slow: others' messages wait behind us."""
    sender = transport()
    of_request = getattr(items[0].route.adapter, "BATCH", 1)
    give_up = time.monotonic() + WAIT_FOR_ROOM
    while items and time.monotonic() < give_up:
        now_, items = items[: (n := sender.room(account_id, of_request))], items[n:]
        if now_:
            _start(now_, deadline)
        elif items and sender.pace(account_id) is not None:
            break
        elif items:
            time.sleep(0.005)
    pace = (sender.pace(account_id) or math.inf) * of_request
    for behind, item in enumerate(items):
        _hand_back(item, BACK_AFTER + timedelta(seconds=min(behind / pace, LATEST_OF_ACCOUNT)))


def _start(items: Sequence[Ready], deadline: float) -> None:
    """Several in one request where the provider takes that, the others each in its own."""
    started_at, started = clock_now(), time.monotonic()
    route, sender = items[0].route, transport()
    jobs: list[Job] = [
        ((item, started_at, started), route.account, route.adapter, item.send, deadline)  # type: ignore[misc]  # no InboxWrite comes here
        for item in items
    ]
    for item in items:
        if isinstance(item.send, SmtpSend):  # it may take longer than a lease
            leases().hold(item.row.id, item.row.lease)
    gone: set[int] = set()
    if any(shares := [item.share for item in items]):
        for places, request in together(route.adapter, route.account, shares, started_at):
            sender.submit_together([jobs[at] for at in places], request, _done)
            gone.update(places)
    if len(gone) < len(jobs):
        sender.submit([job for at, job in enumerate(jobs) if at not in gone], _done)


def _done(
    key: tuple[Ready, datetime, float],
    outcome: Outcome,
    result: Response | TransportFailure | None,
) -> None:
    """On the loop's thread: only pass it on."""
    item, started_at, started = key
    if item.has_files:
        put_down(item.row.id)
    if isinstance(item.send, SmtpSend):
        leases().release(item.row.id)
    found = outcome.code == FOUND  # by a look-up: the first attempt's account has it, and was paid
    recorder().put(
        Finished(
            row=item.row,
            account_id=finder_of(item.send, item.route.account.id)
            if found
            else item.route.account.id,
            outcome=outcome,
            result=result,
            started_at=started_at,
            duration=time.monotonic() - started,
            resend_uncertain=item.type.resend_uncertain or not _may_be_confirmed(item, outcome),
            has_alternative=item.has_alternative,
            units=item.units,
            cost_micros=0 if found else item.cost_micros,
            probe=item.route.held or item.route.broken,
            foreign=isinstance(item.send, HttpRequest) and bool(item.send.endpoint),
        )
    )


def _may_be_confirmed(item: Ready, outcome: Outcome) -> bool:
    """Whether a receipt may settle a doubt: there is nothing to wait for elsewhere."""
    return outcome.kind is OutcomeKind.UNCERTAIN and sends_receipts(item.route)


def _write_inbox(items: Sequence[Ready], now: datetime) -> None:
    """Our own table: one statement for the batch, by delivery id, so twice is once."""
    started = time.monotonic()
    try:
        store_in_inbox([item.send for item in items])  # type: ignore[misc]  # nothing else comes here
        outcome = Outcome(OutcomeKind.DELIVERED)
    except Exception:
        log.exception("inbox not written", extra={"deliveries": len(items)})
        outcome = Outcome(OutcomeKind.RETRY, "The inbox could not be written", "inbox")
    for item in items:
        _done((item, now, started), outcome, None)
