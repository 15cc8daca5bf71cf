"""THE list of processes. supervisor (`make run`) and docker-compose.yml run exactly these.

`python -m notifyproj.launch.become NAME` turns into one of them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from channels.base import Channel, Lane
from notifications import queues

MOST_BULK_CHILDREN = 8
URGENT_THREADS = 8
LIGHT_THREADS = 4
WEB_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)  # more only wait for each other
FLOWER_TASKS = 5_000
EVENT_SECONDS = 10  # between two events of a worker that say it is there; each costs Flower, too
HEADER_SECONDS = 15  # for the head of a request, and for a connection between two
NO_CHECKS = {"SKIP_CHECKS": "1"}  # they import every page: memory a worker has no use for


@dataclass(frozen=True, slots=True)
class Process:
    """`arguments` follow `python -m`; `queues` are in the order they are asked for work."""

    name: str
    arguments: tuple[str, ...]
    queues: tuple[str, ...] = ()
    niceness: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    sandbox_only: bool = False
    needs: tuple[str, ...] = ()  # runs only where one of these variables is set
    warm: bool = True  # may be forked from a parent that has imported the platform

    def is_configured(self, environment: Mapping[str, str]) -> bool:
        return not self.needs or any(environment.get(name) for name in self.needs)


OUTWARD = (Channel.WEBHOOK, Channel.SLACK)
SENDING = tuple(channel for channel in Channel if channel not in OUTWARD)


def lane_queues(lane: Lane) -> tuple[str, ...]:
    """The queues of a lane, without webhooks: somebody's slow endpoint is `outbound`'s."""
    return tuple(queues.delivery_queue(channel, lane) for channel in SENDING)


def bulk_children() -> int:
    """A child per core that we may use; BULK_CHILDREN overrides."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(os.environ.get("BULK_CHILDREN", min(cores or 1, MOST_BULK_CHILDREN)))


def worker(
    name: str, names: tuple[str, ...], pool: str, concurrency: int, niceness: int = 0
) -> Process:
    arguments = (
        *("celery", "--quiet", "-A", "celery_app", "worker", "--hostname", f"{name}@%h"),
        *("--queues", ",".join(names), "--pool", pool, "--concurrency", str(concurrency)),
        *("--optimization", "fair", "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
        *("--heartbeat-interval", str(EVENT_SECONDS)),
    )
    return Process(
        name=name, arguments=arguments, queues=names, niceness=niceness, environment=NO_CHECKS
    )


def processes() -> tuple[Process, ...]:
    """All of them, in the order to start them. Sizes depend on this machine."""
    normal, bulk = lane_queues(Lane.NORMAL), lane_queues(Lane.BULK)
    outward = tuple(queues.delivery_queue(channel, lane) for lane in Lane for channel in OUTWARD)
    urgent = (queues.RESOLVE_URGENT, *lane_queues(Lane.URGENT))
    return (
        web(),
        live(),
        sandbox(),
        worker("urgent", urgent, "threads", URGENT_THREADS),
        worker("bulk", (*normal, *bulk), "prefork", bulk_children(), niceness=5),
        # However much normal traffic there is, bulk keeps one slot.
        worker("bulk_reserved", bulk, "threads", 1, niceness=5),
        # A flood of receipts must not stand before a login code, neither here nor in `live`.
        worker("background", (queues.CALLBACKS, queues.RESOLVE), "threads", LIGHT_THREADS, 5),
        # Its one tick a second before a flood of webhooks: else it would not come to its turn.
        worker("outbound", (queues.STATUS_EVENTS, *outward), "threads", LIGHT_THREADS),
        worker("periodic", (queues.PERIODIC,), "threads", 2),
        beat(),
        flower(),
        mail_listener(),
        mail_poller(),
    )


def web() -> Process:
    """`notifyproj.gateway`: a loop for sockets, threads for requests. GRANIAN_HOST and _PORT say
    where."""
    workers = ("--workers", os.environ.get("WEB_WORKERS", "1"), "--loop", "uvloop")
    return Process("web", (*granian("rsgi", 4_096), *workers, "notifyproj.web:application"))


def live() -> Process:
    """ASGI, for server-sent events and callbacks; on the port after the web's."""
    port = int(os.environ.get("GRANIAN_PORT", "8000")) + 1
    arguments = (*granian("asginl", 16_384), "--loop", "asyncio", "notifyproj.asgi:application")
    environment = {"GRANIAN_PORT": str(port)}
    return Process(
        name="live", arguments=arguments, queues=(), niceness=5, environment=environment, warm=False
    )  # settings of its own


def sandbox() -> Process:
    """The providers' simulators, on this machine only: so not in docker-compose.yml."""
    http = urlsplit(os.environ.get("SANDBOX_URL", "")).port or 8002
    smtp = os.environ.get("SANDBOX_SMTP_PORT", "8003")
    arguments = ("channels.sandbox.serve", "--http-port", str(http), "--smtp-port", smtp)
    return Process("sandbox", arguments, sandbox_only=True)


def granian(interface: str, connections: int) -> tuple[str, ...]:
    """`connections`: of a worker, open at a time, idle ones too; granian's `backpressure`. HTTP/2
    is for the proxy in front: a connection would have hundreds of requests."""
    return (
        *("granian", "--interface", interface, "--no-ws", "--workers-kill-timeout", "4"),
        *("--http", "1", "--http1-header-read-timeout", str(HEADER_SECONDS * 1000)),
        *("--backlog", "2048", "--backpressure", str(connections)),
    )


def beat() -> Process:
    """One only: django-celery-beat elects no leader."""
    arguments = ("celery", "--quiet", "-A", "celery_app", "beat", "--pidfile=")
    return Process("beat", arguments, environment=NO_CHECKS)


def flower() -> Process:
    """Behind a login: FLOWER_BASIC_AUTH is "name:password"."""
    # It keeps each task it hears of: its own limit of 100,000 was 42 MB after seven minutes.
    options = ("--logging=error", "--enable_events=True", f"--max_tasks={FLOWER_TASKS}")
    arguments = ("celery", "--quiet", "-A", "notifyproj.flower_app", "flower", *options)
    return Process("flower", arguments, environment=NO_CHECKS)


def mail_listener() -> Process:
    """Bounces and unsubscriptions by SMTP, on BOUNCE_LISTEN."""
    arguments = ("notifications.inbound_mail.listener",)
    return Process("mail_listener", arguments, environment=NO_CHECKS, needs=("BOUNCE_LISTEN",))


def mail_poller() -> Process:
    """The same, out of a mailbox."""
    arguments = ("notifications.inbound_mail.poller",)
    needs = ("BOUNCE_MAILBOX", "BOUNCE_MAILBOX_FILE")
    return Process("mail_poller", arguments, environment=NO_CHECKS, needs=needs)


def find(name: str) -> Process:
    """KeyError when there is no such process."""
    return {process.name: process for process in processes()}[name]
