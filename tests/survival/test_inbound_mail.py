"""The processes that take mail are killed with a bounce in their hands: nothing is lost, and what
comes twice counts once."""

import os
import smtplib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings

from notifications.callbacks.fold.parse import known_days
from notifications.callbacks.fold.process import fold_due
from notifications.models import (
    Counter,
    CounterDelta,
    DeadCandidate,
    Delivery,
    Event,
    InboundCallback,
)
from notifications.partitions import ensure_partitions
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from notifyproj.launch.servers.valkey import free_port
from preferences.models import ContactPoint
from tests.notifications.callbacks.conftest import new_delivery
from tests.notifications.inbound_mail.conftest import Letter
from tests.notifications.inbound_mail.mail_servers import PASSWORD, Mails, running
from tests.survival.running import Platform, kill, poll
from tests.survival.servers import Servers

LISTENER, POLLER = "mail_listener", "mail_poller"
DOMAIN = "bounces.shop.example"
USER = f"bounces:{quote(PASSWORD, safe='')}"
NUMBERS = count(1)  # of mails: none is used twice
SECONDS = 30.0  # for a process to start again, and for a bounce to be taken
INSERTS = """
SELECT count(*) FROM pg_stat_activity
WHERE query LIKE '%%INSERT INTO inbound_callback%%' AND wait_event = %s
"""


class MailProcesses(Platform):
    """Only those two, under the supervisor."""

    def is_up(self) -> bool:
        try:
            return all(self._info(name)["statename"] == "RUNNING" for name in self.names)
        except (OSError, KeyError):
            return False


class Post(NamedTuple):
    """Where mail comes in."""

    processes: MailProcesses
    port: int  # of the listener
    mails: Mails  # in the mailbox


Moment = Callable[[Servers], AbstractContextManager[str]]


@contextmanager
def before_the_commit(servers: Servers) -> Iterator[str]:
    """Nobody can store a mail: each waits for a lock. Returns what it waits for."""
    connection = psycopg2.connect(servers.postgres.url())
    try:
        connection.cursor().execute("LOCK TABLE inbound_callback IN SHARE MODE")
        yield "relation"
    finally:
        connection.close()


@contextmanager
def after_the_commit(servers: Servers) -> Iterator[str]:
    """Mails are stored, but whoever stored them is not told."""
    with servers.unanswered_commits():
        yield "SyncRep"


moments = pytest.mark.parametrize("moment", [before_the_commit, after_the_commit])


@pytest.fixture(scope="module")
def shop(database: None) -> Iterator[Letter]:
    before, settings.BOUNCE_ADDRESS = settings.BOUNCE_ADDRESS, DOMAIN
    ensure_partitions(now().date())
    known_days.forget()
    made = Letter()
    yield made
    settings.BOUNCE_ADDRESS = before
    leave_nothing(made)


def leave_nothing(letter: Letter) -> None:
    """The blasts of other tests go to everybody, and count all there is."""
    Delivery.objects.filter(type_id=letter.type.pk).delete()
    for counted in (Counter, CounterDelta):
        counted.objects.filter(type_id=letter.type.pk).delete()
    ContactPoint.objects.filter(recipient=letter.person).delete()
    letter.person.delete()


@pytest.fixture
def letter(shop: Letter) -> Letter:
    """Another one that was sent, and has not bounced yet."""
    shop.made = new_delivery(shop, State.SENT, channel="email")
    shop.id = str(shop.made.pk)
    return shop


@pytest.fixture(scope="module", params=["imap", "pop3"])
def post(
    request: pytest.FixtureRequest, folder: Path, servers: Servers, shop: Letter
) -> Iterator[Post]:
    port, mails, protocol = free_port(), Mails(), str(request.param)
    with running(protocol, mails) as mailbox:
        given = {
            **os.environ,
            "DEBUG": "0",
            "SANDBOX": "0",
            "BOUNCE_ADDRESS": DOMAIN,
            "BOUNCE_LISTEN": f"127.0.0.1:{port}",
            "BOUNCE_MAILBOX": f"{protocol}://{USER}@127.0.0.1:{mailbox}",
            "BOUNCE_MAILBOX_SECONDS": "1",
        }
        made = MailProcesses(folder / f"var-{protocol}", given, free_port(), (LISTENER, POLLER))
        made.start()
        try:
            yield Post(made, port, mails)
        finally:
            made.stop()


def waiting(servers: Servers, event: str) -> bool:
    connection = psycopg2.connect(servers.postgres.url())
    try:
        cursor = connection.cursor()
        cursor.execute(INSERTS, [event])
        row = cursor.fetchone()
        return bool(row and row[0])
    finally:
        connection.close()


def bring(post: Post, letter: Letter) -> bool:
    """As a mail server that has a bounce for us; whether it heard that it was taken."""
    try:
        with smtplib.SMTP("127.0.0.1", post.port, timeout=SECONDS) as server:
            server.sendmail("", [letter.return_path], letter.written("postfix_unknown"))
    except (OSError, smtplib.SMTPException):
        return False
    return True


def counted_once(letter: Letter) -> None:
    fold_due()
    assert letter.outcome()[1] == ProviderOutcome.BOUNCED
    assert Event.objects.filter(delivery_id=letter.id).count() == 1
    assert DeadCandidate.objects.filter(contact_point_id=letter.point.pk).count() == 1
    DeadCandidate.objects.all().delete()
    assert not InboundCallback.objects.exists()


@moments
def test_a_listener_killed_with_a_bounce_loses_nothing(
    servers: Servers, post: Post, letter: Letter, moment: Moment
) -> None:
    heard: list[bool] = []
    poll(lambda: bring_nothing(post), SECONDS, "the listener is there")
    with moment(servers) as event:
        sender = threading.Thread(target=lambda: heard.append(bring(post, letter)))
        sender.start()
        poll(lambda: waiting(servers, event), SECONDS, "the mail is being stored")
        kill(post.processes.main(LISTENER))
        sender.join(SECONDS)
    assert heard == [False], "the mail server keeps it and tries again"

    poll(lambda: bring(post, letter), SECONDS, "the bounce is taken", every=0.2)

    counted_once(letter)


@moments
def test_a_poller_killed_with_a_bounce_loses_nothing(
    servers: Servers, post: Post, letter: Letter, moment: Moment
) -> None:
    raw = f"Delivered-To: {letter.return_path}\r\n".encode() + letter.written("postfix_unknown")
    with moment(servers) as event:
        post.mails[next(NUMBERS)] = raw
        poll(lambda: waiting(servers, event), SECONDS, "the mail is being stored")
        kill(post.processes.main(POLLER))
        assert post.mails, "it stays in the mailbox until it is stored for sure"

    poll(lambda: not post.mails, SECONDS, "the bounce is taken")

    counted_once(letter)


def bring_nothing(post: Post) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", post.port, timeout=SECONDS) as server:
            return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
