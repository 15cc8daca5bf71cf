"""Many deliveries at once, and the books that are kept of them."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from channels.base import Channel, Lane
from notifications.analytics import recount
from notifications.analytics.repair import check
from notifications.counters import table as counters
from notifications.dispatch import dispatch
from notifications.models import Attempt, CounterDelta, Delivery, Notification
from notifications.statuses import FINAL, NotificationState, State
from notifications.variables import seal as seal_variables
from notifyproj.core.clock import milliseconds
from notifyproj.core.ids import uuid7
from preferences.addresses.addresses import hash_of, mask, new_data_key, open_data_key, seal
from preferences.models import ContactPoint, Recipient
from templates.models import TemplateVersion
from tests.survival.provider import StandIn
from tests.survival.running import poll
from tests.world import World

PEOPLE = 10_000  # two pages of an audience, and a third of the unreachable
UNREACHABLE = 20  # people without a device: skipped deliveries
SENT = PEOPLE
RECOVERY = 30.0  # seconds from the end of a fault, beyond what a blast takes anyway
WAITING_RECORDERS = """
SELECT count(DISTINCT pid) FROM pg_locks WHERE relation = 'attempt'::regclass AND NOT granted
"""
BUSY = """
SELECT application_name, state, now() - xact_start, left(query, 60) FROM pg_stat_activity
WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""
Books = list[tuple[object, ...]]
OPEN = [state.value for state in State if state not in FINAL]


def settle_people(world: World) -> None:
    """10,000 people with a device, and some without."""
    names = [f"person-{n}" for n in range(PEOPLE + UNREACHABLE)]
    people = Recipient.objects.bulk_create(
        Recipient(external_id=name, data_key=new_data_key(name)) for name in names
    )
    ContactPoint.objects.bulk_create(
        device(world, person, f"{person.pk:064x}") for person in people[:PEOPLE]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE recipient, contact_point")


def device(world: World, person: Recipient, token: str) -> ContactPoint:
    hash_ = hash_of("push", token)
    key = open_data_key(bytes(person.data_key or b""), person.external_id)
    moment = datetime.now(UTC)
    return ContactPoint(
        recipient=person,
        channel="push",
        app=world.app,
        address=seal(key, person.pk, hash_, token),
        address_hash=hash_,
        hint=mask("push", token),
        registered_at=moment,
        last_seen_at=moment,
    )


class Blast:
    """One notification to everybody: 10,000 deliveries to send and 20 to skip."""

    def __init__(self, world: World, provider: StandIn, usual: float) -> None:
        self.provider, self.usual, self.seconds = provider, usual, 0.0
        self.mark = provider.mark()
        self.started = self.fault_over = time.monotonic()
        moment = datetime.now(UTC)
        id_ = uuid7(milliseconds(moment))
        self.notification = Notification.objects.create(
            id=id_,
            service_id=world.service.pk,
            type_id=world.type.pk,
            template_version_id=TemplateVersion.objects.get().pk,
            lane=Lane.NORMAL,
            state=NotificationState.ACCEPTED,
            channels=[Channel.PUSH.value],
            recipient_ids=[],
            everyone=True,
            variables=seal_variables(str(id_), {"order_id": "A-1"}, None),
            expires_at=moment + timedelta(hours=1),
            due_at=moment + dispatch.RESOLVE_LIFE,
            dispatch_no=1,
        )
        dispatch.publish_resolve(str(self.notification.pk), 1, Lane.NORMAL)

    # --- meanwhile ----------------------------------------------------------------------------

    def wait_for(self, share: float) -> None:
        """Until that share of it has arrived at the provider."""
        poll(lambda: self.arrived() >= share * SENT, 60, f"{share:.0%} of the blast arrived")

    def arrived(self) -> int:
        return self.provider.mark() - self.mark

    def leased(self) -> set[str]:
        """The rows that are in flight now."""
        ids = self._rows(state=State.LEASED).values_list("id", flat=True)
        return {str(id_) for id_ in ids}

    def resolved(self) -> int:
        """How many deliveries have been written so far."""
        return self._rows().count()

    def is_resolving(self) -> bool:
        return self._notification().state == NotificationState.ACCEPTED

    def waiting_recorders(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(WAITING_RECORDERS)
            return int(cursor.fetchone()[0])

    def over(self) -> None:
        """The fault ends now: from here on the platform has 30 seconds."""
        self.fault_over = time.monotonic()

    # --- afterwards ---------------------------------------------------------------------------

    def settled(self) -> bool:
        resolved = self._notification().state == NotificationState.RESOLVED
        return resolved and not self._rows(state__in=OPEN).exists()

    def check(self, in_flight: Iterable[str] = ()) -> None:
        """What holds after every fault: it recovered by itself, all of it arrived, nothing but
        rows in flight arrived twice, and the books agree."""
        limit = self.fault_over + RECOVERY + self.usual - time.monotonic()
        try:
            poll(self.settled, limit, "the blast recovered", every=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._left()}") from error
        self.seconds = time.monotonic() - self.started
        assert self.states() == {State.SENT: SENT, State.SKIPPED: UNREACHABLE}
        assert len(self.arrivals()) == SENT
        assert max(self.arrivals().values()) <= 2
        assert self.repeated() <= set(in_flight)
        books_agree()

    def arrivals(self) -> Counter[str]:
        """How often each of its deliveries arrived; a test that failed may have left others."""
        own = {str(id_) for id_ in self._rows().values_list("id", flat=True)}
        seen = self.provider.since(self.mark)
        return Counter({id_: n for id_, n in seen.items() if id_ in own})

    def repeated(self) -> set[str]:
        """The deliveries that arrived more than once."""
        return {id_ for id_, n in self.arrivals().items() if n > 1}

    def books(self) -> Books:
        """Every row as it stands: its state, its claims and tries, when it settled."""
        rows = self._rows().values_list("id", "state", "claims", "attempts", "settled_at")
        return sorted(rows)

    def has_late_attempts(self) -> bool:
        """Whether somebody wrote down a try that was not the last one of its row."""
        ids = self._rows(claims=2).values("id")
        return Attempt.objects.filter(delivery_id__in=ids, number=1).exists()

    def states(self) -> Counter[int]:
        return Counter(self._rows().values_list("state", flat=True))

    def _left(self) -> str:
        """What still waits, and whom Postgres sees in the middle of something."""
        words = ("state", "dispatch_no", "claims", "crashes", "reason", "due_at")
        rows = Counter(self._rows(state__in=OPEN).values_list(*words))
        with connection.cursor() as cursor:
            cursor.execute(BUSY)
            return f"{datetime.now(UTC)} {rows} {cursor.fetchall()}"

    def _notification(self) -> Notification:
        return Notification.objects.get(pk=self.notification.pk)

    def _rows(self, **conditions: object) -> QuerySet[Delivery]:
        return Delivery.objects.filter(notification_id=self.notification.pk, **conditions)


def books_agree() -> None:
    """created = settled + waiting, in the counters as in the rows; and all of a recount."""
    poll(lambda: not CounterDelta.objects.exists(), 10, "the counters are folded")
    moment = datetime.now(UTC)
    counted = counters.totals(moment - timedelta(days=1), moment + timedelta(days=1))
    rows = Counter(Delivery.objects.values_list("state", flat=True))
    settled = {state: n for state, n in rows.items() if state not in OPEN}
    waiting = sum(rows[state] for state in OPEN)
    created = counted.pop(counters.CREATED)
    assert {state: n for state, n in counted.items() if n} == settled
    assert created == sum(settled.values()) + waiting == rows.total()
    for day in recount.days():
        assert check(day) == {}
