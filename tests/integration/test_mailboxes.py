"""Mail to us out of a mailbox that Dovecot keeps, over TLS."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_django.fixtures import Settings

from notifications.callbacks.fold.process import fold_due
from notifications.inbound_mail.mailbox import place
from notifications.inbound_mail.poller import AWAY, look
from notifications.models import Event
from notifications.statuses import ProviderOutcome
from preferences.models import Preference
from tests.notifications.inbound_mail.conftest import Letter
from tests.notifications.inbound_mail.conftest import letter as letter
from tests.notifications.inbound_mail.test_listener import certificate_of

PASSWORD = "s%cret:@/"
CONFIGURATION = """
base_dir = {run}
state_dir = {run}/state
log_path = {run}/log
listen = 127.0.0.1
protocols = imap pop3
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
{users}
first_valid_uid = 1
mail_location = maildir:{mails}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mails}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
service anvil {{
  chroot =
}}
"""
EACH = ("imaps", "imap+starttls", "pop3s", "pop3+starttls")
Peer = Callable[[str], str]


class Dovecot:
    def __init__(self, folder: Path, program: str) -> None:
        self.mails = folder / "Maildir"
        certificate, key = certificate_of(folder)
        self.certificate = certificate
        self.ports = {name: free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
        for name in ("new", "cur", "tmp"):
            (self.mails / name).mkdir(parents=True)
        uid, gid = (65_534, 65_534) if os.geteuid() == 0 else (os.getuid(), os.getgid())
        for path in (self.mails, *self.mails.iterdir()):
            os.chown(path, uid, gid)
        for path in (folder, *folder.parents[:3]):  # pytest keeps them to itself
            path.chmod(path.stat().st_mode | 0o011)
        self.owner = (uid, gid)
        values = {"run": folder / "run", "mails": self.mails, "uid": uid, "gid": gid}
        values |= {"certificate": certificate, "key": key, "users": self._users(), **self.ports}
        values["password"] = PASSWORD.replace("%", "%%")
        (folder / "run").mkdir(mode=0o755)
        configuration = folder / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(**values))
        self.process = subprocess.Popen([program, "-F", "-c", str(configuration)])

    def _users(self) -> str:
        if os.geteuid() == 0:
            return ""
        name = os.environ.get("USER", "nobody")
        return f"default_internal_user = {name}\ndefault_login_user = {name}"

    def arrive(self, *raw: bytes) -> None:
        for number, one in enumerate(raw):
            path = self.mails / "new" / f"{time.time_ns()}.{number}.host"
            path.write_bytes(one)
            os.chown(path, *self.owner)

    def count(self) -> int:
        return sum(len(list((self.mails / name).iterdir())) for name in ("new", "cur"))

    def url(self, scheme: str, password: str = PASSWORD) -> str:
        port = self.ports[scheme.partition("+")[0]]
        return f"{scheme}://bounces:{quote(password, safe='')}@127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    found = Dovecot(tmp_path_factory.mktemp("dovecot"), peer("dovecot"))
    try:
        for port in found.ports.values():
            wait_for(port)
        yield found
    finally:
        found.process.terminate()
        found.process.wait(20)


@pytest.fixture
def dovecot(server: Dovecot, settings: Settings) -> Iterator[Dovecot]:
    settings.BOUNCE_MAILBOX_CA = server.certificate
    yield server
    for name in ("new", "cur"):
        for path in (server.mails / name).iterdir():
            path.unlink()


def bounce(letter: Letter) -> bytes:
    return f"Delivered-To: {letter.return_path}\r\n".encode() + letter.written("postfix_unknown")


@pytest.mark.parametrize("scheme", EACH)
def test_a_bounce_is_taken_and_deleted(letter: Letter, dovecot: Dovecot, scheme: str) -> None:
    dovecot.arrive(bounce(letter))

    assert look(place(dovecot.url(scheme))) == 1
    fold_due()

    assert letter.outcome()[1] == ProviderOutcome.BOUNCED
    assert dovecot.count() == 0


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
def test_many_and_hostile_ones_are_all_looked_at(
    letter: Letter, dovecot: Dovecot, scheme: str
) -> None:
    spam = b"Subject: Buy\r\n\r\nBuy\r\n"
    huge = b"Subject: x\r\n\r\n" + b"y" * 10_000_000
    dovecot.arrive(b"", huge, *[spam] * 30, bounce(letter), b"\x00\xff\r\n" * 1_000, bounce(letter))

    assert look(place(dovecot.url(scheme))) == 2
    fold_due()

    assert Event.objects.count() == 1
    assert look(place(dovecot.url(scheme))) == 0


def test_what_is_not_ours_stays_by_imap(letter: Letter, dovecot: Dovecot) -> None:
    dovecot.arrive(b"Subject: for a person\r\n\r\nHello\r\n", bounce(letter))

    look(place(dovecot.url("imaps")))

    assert dovecot.count() == 1


def test_a_mail_to_unsubscribe_does_so(letter: Letter, dovecot: Dovecot) -> None:
    head = f"Return-Path: <ada@example.org>\r\nTo: {letter.unsubscribe}\r\n\r\n"
    dovecot.arrive(head.encode())

    look(place(dovecot.url("imaps")))
    fold_due()

    assert Preference.objects.get().enabled is False


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
def test_a_wrong_password_and_a_certificate_of_a_stranger_are_failures(
    letter: Letter, dovecot: Dovecot, settings: Settings, scheme: str
) -> None:
    with pytest.raises(AWAY):
        look(place(dovecot.url(scheme, "wrong")))
    settings.BOUNCE_MAILBOX_CA = ""
    with pytest.raises(AWAY):
        look(place(dovecot.url(scheme)))


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError
