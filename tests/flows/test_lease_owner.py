"""A worker that comes back after a crash hands back what its predecessor held, and only that."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.dispatch import claim as claims
from notifications.dispatch import lease_owner
from notifications.dispatch.claim import claim
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published
from tests.flows.steps import go_on, run, send, settled
from tests.providers import StandIn
from tests.world import World

NODE = "urgent@here"


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is no worker again afterwards."""
    monkeypatch.setattr(claims, "_owner", claims._owner)
    monkeypatch.setattr(lease_owner, "_lock", None)
    yield
    if lease_owner._lock is not None:
        lease_owner._lock.close()


def die() -> None:
    """What the kernel does with the locks of a process that is killed."""
    assert lease_owner._lock is not None
    lease_owner._lock.close()


def a_claimed_delivery(ada: World, hints: list[Published], node: str, folder: Path) -> None:
    lease_owner.take_over(node, folder)
    send(ada, user_id="ada")
    assert len(claim(*hints.pop().args)) == 1


def seconds_left() -> float:
    return (Delivery.objects.get().due_at - now()).total_seconds()  # type: ignore[operator]


def test_the_successor_sends_what_the_killed_one_had(
    ada: World, hints: list[Published], provider: StandIn, tmp_path: Path
) -> None:
    a_claimed_delivery(ada, hints, NODE, tmp_path)
    die()

    assert lease_owner.take_over(NODE, tmp_path) == 1
    go_on()
    run(hints)

    row = settled()
    assert row.state == State.SENT
    assert len(provider.requests) == Attempt.objects.count() == 1


def test_what_crashed_before_waits_for_the_end_of_its_lease(
    ada: World, hints: list[Published], tmp_path: Path
) -> None:
    a_claimed_delivery(ada, hints, NODE, tmp_path)
    Delivery.objects.update(crashes=1)
    die()

    assert lease_owner.take_over(NODE, tmp_path) == 0
    assert seconds_left() > 5


def test_nothing_is_taken_from_one_that_lives(
    ada: World, hints: list[Published], tmp_path: Path
) -> None:
    a_claimed_delivery(ada, hints, NODE, tmp_path)

    assert lease_owner.take_over(NODE, tmp_path) == 0
    assert seconds_left() > 5


def test_nothing_is_taken_from_a_worker_of_another_name(
    ada: World, hints: list[Published], tmp_path: Path
) -> None:
    a_claimed_delivery(ada, hints, "bulk@here", tmp_path)
    die()

    assert lease_owner.take_over("bulk@there", tmp_path) == 0
    assert seconds_left() > 5


def test_an_urgent_one_whose_hint_was_lost_is_hinted_again(
    ada: World, hints: list[Published], tmp_path: Path
) -> None:
    ada.type.max_priority = "high"
    ada.type.save()
    send(ada, user_id="ada", priority="high")
    lost = hints.pop()
    lease_owner.take_over(NODE, tmp_path)
    sweep()

    assert claim(*lost.args) == []
    assert len(claim(*hints.pop().args)) == 1


def test_what_waits_for_its_next_attempt_waits_on(ada: World, tmp_path: Path) -> None:
    send(ada, user_id="ada")
    Delivery.objects.update(
        lane=1, state=State.WAITING, reason="retry", due_at=now() + timedelta(seconds=20)
    )

    assert lease_owner.take_over(NODE, tmp_path) == 0
    assert seconds_left() > 15


def test_a_folder_that_cannot_be_written_leaves_leases_to_end(
    ada: World, hints: list[Published], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")

    assert lease_owner.take_over(NODE, file / "leases") == 0


HOLDER = """
import sys, time
from pathlib import Path
import django
django.setup()
from notifications.dispatch import lease_owner
lease_owner._lock = lease_owner._lock_of(sys.argv[1], Path(sys.argv[2]))
print("held", flush=True)
time.sleep(60)
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "notifyproj.settings"}
    command = [sys.executable, "-c", HOLDER, NODE, str(tmp_path)]
    held = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | settings)
    assert held.stdout is not None
    assert held.stdout.readline() == b"held\n"
    assert lease_owner._lock_of(NODE, tmp_path) is None

    held.send_signal(signal.SIGKILL)
    held.wait(5)

    lock = lease_owner._lock_of(NODE, tmp_path)
    assert lock is not None
    lock.close()
