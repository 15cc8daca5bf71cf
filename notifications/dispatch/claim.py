"""Take the deliveries of a hint by a conditional update, and load what sending them needs."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from psycopg2 import sql

from channels.base import Channel
from notifications.attachments.store import Files
from notifications.attachments.store import load as load_files
from notifications.statuses import NotificationState, State
from notifications.variables import unseal
from notifyproj.core.encryption import LOOKUP_VERSION, Undecryptable
from notifyproj.core.ids import partition_of
from notifyproj.core.models import Service
from notifyproj.core.sqlarrays import array
from preferences.facts.facts import Person, Point, load_people, load_points
from preferences.facts.old_points import held_against_suppressions
from templates.engine.render import Compiled
from templates.fields import PERSON
from templates.versions.published import compiled

OWNER_BITS, RANDOM_BITS = 30, 32  # of a lease, which is positive in 63 bits
LEASE_SECONDS = 25
ENOUGH_SECONDS = 19  # to start (8), time out (10) and be recorded
MORE_SECONDS = 10  # for webhooks, which time out after 15

# `= ANY` is what the index is asked for. A row that has enough time left keeps its due_at: then no
# indexed column changes, and the update stays on its page. A hint whose dispatch_no is old, or
# whose row somebody has, finds nothing; nor does the same hint again (the broker may deliver it
# twice), which would send a retry too early.
CLAIM = sql.SQL("""
UPDATE {leaf} d
SET state = %(leased)s, lease_id = %(lease)s, claims = least(d.claims + 1, 32767),
    dispatch_no = d.dispatch_no + 1,
    due_at = CASE WHEN d.channel = %(slow)s THEN now() + make_interval(secs => %(more)s)
        WHEN d.due_at >= now() + make_interval(secs => %(enough)s) THEN d.due_at
        ELSE now() + make_interval(secs => %(seconds)s) END
FROM unnest(%(ids)s::uuid[], %(numbers)s::int[]) AS h (id, dispatch_no)
WHERE d.id = h.id AND d.id = ANY(%(ids)s::uuid[])
  AND d.dispatch_no = h.dispatch_no AND d.state = %(waiting)s
RETURNING d.id::text, d.notification_id::text, d.recipient_id, d.contact_point_id, d.channel,
    d.app_id, d.account_id, d.type_id, d.template_version_id, d.lane, d.reason, d.attempts,
    d.claims, d.expires_at, d.fallback_of::text, coalesce(d.arm_id, 0), d.ready_at
""")

HAND_BACK = sql.SQL("""
UPDATE {leaf} d SET due_at = now() + make_interval(secs => %(seconds)s)
FROM unnest(%(ids)s::uuid[], %(numbers)s::int[]) AS h (id, dispatch_no)
WHERE d.id = h.id AND d.id = ANY(%(ids)s::uuid[])
  AND d.dispatch_no = h.dispatch_no AND d.state = %(waiting)s
""")

NOTIFICATIONS = """
SELECT id::text, state, variables, collapse_key,
       NOT everyone AND cardinality(recipient_ids) = 1 AND cardinality(unknown_recipients) = 0,
       attachment_ids::text[],
       nullif(service_id, (SELECT id FROM service WHERE slug = %s))
FROM notification
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid
"""


class Claimed(NamedTuple):
    """A delivery this process holds under `lease`; ids are text."""

    id: str
    notification_id: str
    recipient_id: int
    contact_point_id: int | None
    channel: str
    app_id: int | None
    account_id: int | None
    type_id: int
    template_version_id: int
    lane: int
    reason: str
    attempts: int
    claims: int
    expires_at: datetime
    fallback_of: str | None
    arm_id: int
    ready_at: datetime | None  # None: of before there was such a column
    lease: int


class Parent(NamedTuple):
    """What the deliveries of one notification share."""

    id: str
    state: int
    sealed: bytes  # the variables
    collapse_key: str
    personal: bool  # sealed under its one recipient's key
    attachment_ids: tuple[str, ...] = ()
    shared: dict[str, Any] | None = None  # the variables, opened once, if they are nobody's own
    service_id: int | None = None  # None: a test from the admin

    @property
    def cancelled(self) -> bool:
        return self.state == NotificationState.CANCELLED

    @property
    def paused(self) -> bool:
        return self.state == NotificationState.PAUSED


class Loaded(NamedTuple):
    parents: dict[str, Parent]
    texts: dict[int, Compiled]  # by template version
    people: dict[int, Person]
    points: dict[int, Point]
    files: Files = {}


_owner = secrets.randbits(OWNER_BITS)  # of a process that is no worker


def name_leases(owner: int) -> None:
    """From now on this process's leases name it by that number: see `lease_owner`."""
    global _owner
    _owner = owner


def _new_lease() -> int:
    return _owner << RANDOM_BITS | secrets.randbits(RANDOM_BITS)


def claim(ids: Sequence[str], dispatch_nos: Sequence[int]) -> list[Claimed]:
    """Those of the hint that are still waiting, now leased to the caller."""
    lease = _new_lease()
    with connection.cursor() as cursor:
        params = _hint(ids, dispatch_nos)
        params |= {"leased": State.LEASED.value, "lease": lease, "seconds": LEASE_SECONDS}
        params |= {"enough": ENOUGH_SECONDS, "slow": Channel.WEBHOOK.value}
        params["more"] = LEASE_SECONDS + MORE_SECONDS
        cursor.execute(CLAIM.format(leaf=sql.Identifier(partition_of("delivery", ids[0]))), params)
        return [Claimed._make((*row, lease)) for row in cursor.fetchall()]


def hand_back(ids: Sequence[str], dispatch_nos: Sequence[int], seconds: float) -> None:
    """Leave a hint's rows for the sweep, `seconds` from now."""
    with connection.cursor() as cursor:
        params = _hint(ids, dispatch_nos) | {"seconds": seconds}
        cursor.execute(
            HAND_BACK.format(leaf=sql.Identifier(partition_of("delivery", ids[0]))), params
        )


def load(rows: Sequence[Claimed]) -> Loaded:
    """Returns what sending these rows needs: parents, texts, people, contact points and files."""
    points = load_points({row.contact_point_id for row in rows if row.contact_point_id})
    texts = {id_: compiled(id_) for id_ in {row.template_version_id for row in rows}}
    people = load_people(
        {row.recipient_id for row in rows},
        {row.type_id for row in rows},
        attributes=any(PERSON in text.mentioned for text in texts.values()),
    )
    parents = _parents({row.notification_id for row in rows})
    named = [parent.attachment_ids for parent in parents.values() if parent.attachment_ids]
    files = load_files(named) if named else {}
    if any(point.hash_version < LOOKUP_VERSION for point in points.values()):
        points = held_against_suppressions(points, people)
    return Loaded(parents=parents, texts=texts, people=people, points=points, files=files)


def _parents(ids: Iterable[str]) -> dict[str, Parent]:
    known = sorted(ids)
    with connection.cursor() as cursor:
        cursor.execute(NOTIFICATIONS, [Service.TESTS, array(known), known[0], known[-1]])
        return {row[0]: _parent(row) for row in cursor.fetchall()}


def _parent(row: tuple[Any, ...]) -> Parent:
    """A row of NOTIFICATIONS."""
    id_, state, sealed, collapse_key, personal, files, service_id = row
    try:
        shared = None if personal else unseal(id_, bytes(sealed), None)
    except Undecryptable:
        shared = None
    return Parent(
        id=id_,
        state=state,
        sealed=sealed,
        collapse_key=collapse_key,
        personal=personal,
        attachment_ids=tuple(files),
        shared=shared,
        service_id=service_id,
    )


def _hint(ids: Sequence[str], dispatch_nos: Sequence[int]) -> dict[str, Any]:
    return {
        "ids": array(ids),
        "numbers": array(dispatch_nos),
        "waiting": State.WAITING.value,
    }
