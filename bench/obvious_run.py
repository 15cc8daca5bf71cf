"""Measure the obvious implementation: its own worker, the same stand-in, the same people."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench import obvious
from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import FLUSHED, StandIn
from bench.world import CAMPAIGN_VARIABLES, CODE_READER
from preferences.models import Recipient

MESSAGES = 2_000
READY_SECONDS, GIVE_UP = 30, 120


def run(stack: Stack, stand_in: StandIn) -> float:
    """Messages a second, from the first row written to the last one sent."""
    obvious.create_tables()
    people = Recipient.objects.exclude(external_id=CODE_READER).order_by("id")
    ids = list(people.values_list("id", flat=True)[:MESSAGES])
    position = stand_in.prompt.position()
    with worker(stack, stand_in):
        begin = time.monotonic()
        for recipient_id in ids:
            message = obvious.Message.objects.create(
                recipient_id=recipient_id, variables=CAMPAIGN_VARIABLES
            )
            obvious.send.delay(message.pk)
        _wait(begin)
        seconds = time.monotonic() - begin
    time.sleep(FLUSHED)
    arrived = sum(1 for _ in stand_in.prompt.arrivals(position))
    sent = obvious.Message.objects.filter(status="sent").count()
    if not sent == arrived == obvious.MessageLog.objects.count():
        raise BenchProblem(f"The obvious implementation sent {sent:,}, {arrived:,} arrived.")
    return sent / seconds


@contextmanager
def worker(stack: Stack, stand_in: StandIn) -> Iterator[None]:
    arguments = ["--pool", "prefork", "--concurrency", "2", "--queues", obvious.QUEUE]
    command = [sys.executable, "-m", "celery", "-A", "bench.obvious", "worker", *arguments]
    own = {"OBVIOUS_URL": stand_in.prompt.url, "OBVIOUS_CA": str(stand_in.ca)}
    with (stack.var / "log" / "obvious.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--hostname", "obvious@%h", "--loglevel", "WARNING"],
            cwd=stack.base,
            env=stack.environment | own,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not obvious.app.control.ping(timeout=0.5):
            if time.monotonic() > deadline or process.poll() is not None:
                raise BenchProblem(f"The obvious worker is not ready, see {log.name}")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(begin: float) -> None:
    while obvious.Message.objects.filter(status="queued").exists():
        if time.monotonic() - begin > GIVE_UP:
            raise BenchProblem(f"The obvious implementation was not done after {GIVE_UP} s")
        time.sleep(0.1)
