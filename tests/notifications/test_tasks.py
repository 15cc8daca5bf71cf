"""Names of tasks, and what Beat starts."""

import re

import pytest
from celery import current_app

import celery_app
from notifications import queues
from notifications.beat_schedule import BEAT_SCHEDULE
from notifications.operations.due_work import Work, works

celery_app.app.loader.import_default_modules()  # as a worker finds them
NAMED = sorted(
    value
    for name, value in vars(queues).items()
    if name.isupper()
    and isinstance(value, str)
    and re.fullmatch(r"(notifications|campaigns)\..+", value)
)
OURS = sorted(name for name in current_app.tasks if not name.startswith("celery."))


def test_every_name_of_a_task_is_registered_and_none_besides() -> None:
    assert OURS == NAMED != []


@pytest.mark.parametrize("name", OURS)
def test_a_task_carries_a_version(name: str) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.v\d+", name)


@pytest.mark.parametrize("name", BEAT_SCHEDULE)
def test_beat_starts_only_tasks_there_are(name: str) -> None:
    assert BEAT_SCHEDULE[name]["task"] in OURS


@pytest.mark.parametrize("name", BEAT_SCHEDULE)
def test_what_beat_starts_goes_to_a_queue_of_its_own_and_is_worthless_late(name: str) -> None:
    options = BEAT_SCHEDULE[name]["options"]
    assert options["queue"] in (queues.PERIODIC, queues.CALLBACKS, queues.STATUS_EVENTS)
    assert 0 < options["expires"] <= max(1, BEAT_SCHEDULE[name]["schedule"])


def test_beat_is_given_this_schedule() -> None:
    assert celery_app.app.conf.beat_schedule == BEAT_SCHEDULE


def test_what_there_is_to_do_is_looked_for_every_second() -> None:
    assert BEAT_SCHEDULE["look"]["schedule"] == 1.0


@pytest.mark.parametrize("work", list(works), ids=lambda work: work.task)
def test_what_is_looked_for_is_started_now_and_then_all_the_same(work: Work) -> None:
    (entry,) = [each for each in BEAT_SCHEDULE.values() if each["task"] == work.task]

    assert entry["options"]["queue"] == work.queue
    assert entry["schedule"] <= 30
