"""Walk a slice of the audience, wave by wave: as many as the lanes have room for, never more.

A wave's deliveries and the cursor behind it are written in one transaction, under a lock that
pausing and cancelling wait for. So a wave that is repeated, or whose worker died, leaves nothing
twice and nobody out, and after a pause or a cancellation no wave comes that they do not know.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from notifications.accept.write import insert_planned
from notifications.campaigns.models import Arm, Slice
from notifications.campaigns.plan import audience
from notifications.campaigns.run import capacity as room
from notifications.campaigns.run import pace as pacing
from notifications.campaigns.shares import EVERYBODY, Range, Stage
from notifications.campaigns.states import RunState
from notifications.dispatch import dispatch
from notifications.resolve.plan import CLOSED
from notifications.resolve.resolve import NOWHERE, first_fallbacks, load_facts, plan
from notifications.resolve.rows import Job, Row
from notifications.variables import wipe
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import milliseconds_of
from preferences.facts.types import TypeValue, type_of

WAVE = 5_000  # deliveries, about
TURN = 5.0  # seconds one task goes on; then the next one may run elsewhere
LIFE = timedelta(seconds=15)  # a task that is not heard of for so long is thought dead
WHEN_FULL = timedelta(seconds=0.5)

MOVE = """
UPDATE campaign_slice s SET cursor = %s, visited = s.visited + %s, deferred = s.deferred + %s,
    due_at = %s, done_at = %s, problem = ''
WHERE s.id = %s AND s.cursor = %s AND s.dispatch_no = %s AND s.done_at IS NULL
"""
POSTPONE = """
UPDATE campaign_slice SET due_at = %s, problem = %s
WHERE id = %s AND dispatch_no = %s AND done_at IS NULL
"""


class Wave(NamedTuple):
    slice: Slice
    arms: Sequence[Arm]
    type: TypeValue
    channels: Sequence[str]
    visited: int  # of the whole run


def feed(slice_id: int, dispatch_no: int) -> int:
    """Until done, out of room, or out of time; returns how many deliveries it wrote."""
    stop = time.monotonic() + TURN
    written, last = 0, False
    while not last and (wave := _load(slice_id, dispatch_no)) is not None:
        last = time.monotonic() > stop  # this wave says that the next task is to go on at once
        rows = _wave(wave, out_of_time=last)
        if rows is None:
            break
        dispatch.publish(row.due() for row in rows if row.dispatched)
        wipe({(row.notification_id, row.type_id) for row in rows})
        written += len(rows)
    return written


def _load(slice_id: int, dispatch_no: int) -> Wave | None:
    """None when somebody else has it, it is done, or its run does not go on."""
    found = (
        Slice.objects.select_related("run__campaign__segment", "run__campaign__type")
        .filter(pk=slice_id, dispatch_no=dispatch_no, done_at=None, run__state=RunState.RUNNING)
        .first()
    )
    if found is None or found.stage > found.run.stage:
        return None
    campaign = found.run.campaign
    type_ = type_of(campaign.type_id)
    if type_ is None:
        raise LookupError(f"the type of campaign {campaign.pk} was removed")
    arms = list(found.run.arms.select_related("variant__version"))
    channels = room.common_channels(campaign, type_, (arm.variant.version_id for arm in arms))
    return Wave(
        slice=found, arms=arms, type=type_, channels=channels, visited=_visited(found.run_id)
    )


def _visited(run_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(visited) FROM campaign_slice WHERE run_id = %s", [run_id])
        return int(cursor.fetchone()[0] or 0)


def _wave(wave: Wave, *, out_of_time: bool) -> list[Row] | None:
    """One wave; None when there is nothing more to do now."""
    now, run = clock_now(), wave.slice.run
    if run.expires_at is not None and run.expires_at <= now:
        _finish(wave, now)
        return None
    if full := room.why_full(run, wave.arms, wave.channels):
        _postpone(wave, now + WHEN_FULL, full)
        return None
    pace = pacing.Pace(run.per_minute, run.paced_since, run.paced_visited)
    most = pacing.allowed(pace, wave.visited, now)
    if most == 0:
        _postpone(wave, pacing.next_chance(pace, wave.visited, now), "rate")
        return None
    size = max(1, WAVE // max(1, len(wave.channels)))
    page = audience.page(walk_of(wave.slice), wave.slice.cursor, min(size, most or size))
    jobs = _jobs(wave, page.people, now)
    facts = load_facts(jobs)
    planned = plan(jobs, facts, NOWHERE, now)
    deferred = sum(row.reason in CLOSED for _, rows in planned for row in rows)
    due_at = None if page.last else (now if out_of_time else now + LIFE)
    with transaction.atomic():
        if not _goes_on(run.pk) or not _move(wave, page, deferred, due_at, now):
            return None
        return insert_planned(planned, facts, now)


def walk_of(slice_: Slice) -> audience.Walk:
    run = slice_.run
    return audience.Walk(
        segment_id=run.campaign.segment_id,
        rules=run.rules,
        at=run.began_at,
        seed=run.seed,
        range=Range(slice_.low, slice_.high),
        zone=slice_.zone,
        without=run.skipped_zones or () if slice_.zone is None else (),
        moved_since=run.began_at if slice_.moved else None,
    )


def _jobs(wave: Wave, people: Sequence[tuple[int, int]], now: datetime) -> list[Job]:
    arms = {arm.pk: arm for arm in wave.arms}
    parts = audience.arms_of(people, _ranges(wave))
    return [_job(wave, arms[arm_id], ids, now) for arm_id, ids in parts.items() if ids]


def _ranges(wave: Wave) -> list[tuple[int, Range]]:
    """The winner has the rest to itself."""
    run = wave.slice.run
    if wave.slice.stage == Stage.REST and run.winner_id is not None:
        return [(arm.pk, EVERYBODY) for arm in wave.arms if arm.variant_id == run.winner_id]
    return [(arm.pk, Range(arm.low, arm.high)) for arm in wave.arms]


def _job(wave: Wave, arm: Arm, people: Sequence[int], now: datetime) -> Job:
    campaign, run, version = wave.slice.run.campaign, wave.slice.run, arm.variant.version_id
    expires_at = now + timedelta(seconds=campaign.ttl_seconds or wave.type.ttl_seconds)
    return Job(
        notification_id=str(arm.notification_id),
        milliseconds=milliseconds_of(UUID(str(arm.notification_id))),
        type=wave.type,
        template_version_id=version,
        lane=run.lane,
        channels=tuple(wave.channels),
        expires_at=min(expires_at, run.expires_at) if run.expires_at else expires_at,
        recipients=people,
        fallbacks=first_fallbacks(wave.type, wave.channels, version),
        content_hash=bytes(arm.content_hash),
        arm_id=arm.pk,
    )


def _goes_on(run_id: int) -> bool:
    """Held until the wave is written: pausing and cancelling change this row first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM campaign_run WHERE id = %s FOR SHARE", [run_id])
        row = cursor.fetchone()
    return bool(row) and row[0] == RunState.RUNNING


def _move(
    wave: Wave, page: audience.Page, deferred: int, due_at: datetime | None, now: datetime
) -> bool:
    """False: somebody else wrote this wave."""
    done_at = now if page.last else None
    part, n = wave.slice, len(page.people)
    params = [page.cursor, n, deferred, due_at, done_at, part.pk, part.cursor, part.dispatch_no]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, params)
        return bool(cursor.rowcount)


def _postpone(wave: Wave, until: datetime, problem: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(POSTPONE, [until, problem, wave.slice.pk, wave.slice.dispatch_no])


def _finish(wave: Wave, now: datetime) -> None:
    """Its time is over: who was not visited is not told any more."""
    Slice.objects.filter(pk=wave.slice.pk, done_at=None).update(
        done_at=now, due_at=None, problem="expired"
    )
