"""Mail servers that say what no standard foresees: nothing is taken for sent that was not."""

import socket
import ssl
import time

import pytest

from channels.base import OutcomeKind, SmtpReply, TransportFailure
from channels.email.smtp import adapter as smtp
from tests.channels.conftest import Send
from tests.channels.peers import Authority, serving
from tests.channels.samples import account
from tests.channels.transport.test_smtp import mail

RETRY, UNCERTAIN = OutcomeKind.RETRY, OutcomeKind.UNCERTAIN
LONG = "250 " + "x" * 9_000
ENDLESS = "\r\n".join(["250-x"] * 9_000)
GREETING, DOT = "", "."


class Scripted:
    """Says `replies[verb]` to a command, and what is usual to all others."""

    def __init__(self, **replies: str) -> None:
        self.replies = {GREETING: "220 mail.example ESMTP", "DATA": "354 Go on"} | replies
        self.heard: list[str] = []
        self.messages = 0
        self.drip = 0.0

    def __call__(self, connection: socket.socket) -> None:
        self._say(connection, GREETING)
        in_data = False
        for line in connection.makefile("rb"):
            if in_data and line != b".\r\n":
                continue
            verb = DOT if in_data else line[:4].decode("latin-1").strip().upper()
            self.heard.append(verb)
            self.messages += verb == DOT
            self._say(connection, verb)
            in_data = verb == "DATA" and self.replies["DATA"].startswith("3")

    def _say(self, connection: socket.socket, verb: str) -> None:
        reply = f"{self.replies.get(verb, '250 OK')}\r\n".encode()
        if not self.drip:
            connection.sendall(reply)
            return
        for at in range(len(reply)):
            connection.sendall(reply[at : at + 1])
            time.sleep(self.drip)


def scripted(verb: str, reply: str) -> Scripted:
    server = Scripted()
    server.replies[verb] = reply
    return server


@pytest.mark.parametrize("reply", [LONG, ENDLESS, "oops", "", "150 Wait", "999 ?"])
@pytest.mark.parametrize("verb", [GREETING, "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_reply_before_the_dot_that_makes_no_sense_sends_nothing(
    send: Send, verb: str, reply: str
) -> None:
    server = scripted(verb, reply)
    with serving(server) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port, timeout=1.0))
    assert isinstance(failure, TransportFailure)
    assert (outcome.kind, failure.sent, server.messages) == (RETRY, False, 0)


@pytest.mark.parametrize("reply", [LONG, ENDLESS, "oops", "", "354 Go on", "150 Wait", "999 ?"])
def test_a_reply_to_the_dot_that_makes_no_sense_leaves_it_uncertain(send: Send, reply: str) -> None:
    with serving(scripted(DOT, reply)) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port, timeout=1.0))
    assert isinstance(failure, TransportFailure)
    assert (outcome.kind, failure.sent) == (UNCERTAIN, True)


@pytest.mark.parametrize("reply", ["250 OK", "220 Hello", "251 Will forward"])
def test_a_yes_in_place_of_354_is_no_message_sent(send: Send, reply: str) -> None:
    server = scripted("DATA", reply)
    with serving(server) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))
    assert (outcome.kind, outcome.code) == (RETRY, "smtp_protocol")
    assert server.messages == 0


def test_a_yes_in_the_middle_of_a_message_is_no_message_sent(send: Send) -> None:
    def early(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example\r\n")
        for line in connection.makefile("rb", buffering=0):
            data = line.startswith(b"DATA")
            connection.sendall(b"354 Go on\r\n" if data else b"250 OK\r\n")
            if data:
                connection.sendall(b"250 OK queued\r\n")
                time.sleep(1.0)
                return

    large = b"Subject: Hi\r\n\r\n" + (b"x" * 70 + b"\r\n") * 300_000
    with serving(early) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port, data=large))
    assert isinstance(failure, TransportFailure)
    assert (outcome.kind, failure.sent) == (RETRY, False)


def test_a_connection_on_which_a_reply_made_no_sense_is_not_used_again(send: Send) -> None:
    server = scripted("RCPT", "oops")
    with serving(server) as port:
        send(account("smtp"), smtp, mail(port))
        send(account("smtp"), smtp, mail(port))
    assert server.heard.count("EHLO") == 2


@pytest.mark.parametrize(("verb", "reply"), [("RCPT", "252 Perhaps"), ("MAIL", "251 Fine")])
def test_every_yes_to_an_address_is_one(send: Send, verb: str, reply: str) -> None:
    with serving(scripted(verb, reply)) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))
    assert outcome.kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize("code", [500, 502, 504, 550])
def test_a_server_that_knows_no_ehlo_is_greeted_by_helo(send: Send, code: int) -> None:
    server = scripted("EHLO", f"{code} What?")
    with serving(server) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))
    assert (outcome.kind, server.heard[:2]) == (OutcomeKind.ACCEPTED, ["EHLO", "HELO"])


def test_who_wants_starttls_gives_nothing_to_a_server_that_knows_no_ehlo(send: Send) -> None:
    server = scripted("EHLO", "502 What?")
    with serving(server) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, security="starttls"))
    assert outcome.code == "no_starttls"
    assert "MAIL" not in server.heard


def test_starttls_that_is_offered_and_refused_is_named(send: Send) -> None:
    server = Scripted(EHLO="250-mail.example\r\n250 STARTTLS", STAR="502 5.5.1 Not now")
    with serving(server) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, security="starttls"))
    assert (outcome.kind, outcome.code) == (OutcomeKind.MISCONFIGURED, "no_starttls")


@pytest.mark.parametrize("verb", [GREETING, "EHLO", "MAIL", "RCPT", "DATA", DOT])
def test_421_at_any_time_means_later(send: Send, verb: str) -> None:
    with serving(scripted(verb, "421 4.3.2 Service not available")) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))
        again, _ = send(account("smtp"), smtp, mail(port))
    assert {outcome.kind, again.kind} == {RETRY}


@pytest.mark.parametrize("verb", [GREETING, "EHLO", "MAIL", "RCPT", DOT])
def test_a_reply_of_many_lines_is_one(send: Send, verb: str) -> None:
    code = "220" if verb == GREETING else "250"
    lines = "\r\n".join([*(f"{code}-line {n}" for n in range(40)), f"{code} end"])
    with serving(scripted(verb, lines)) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_replies_that_come_byte_by_byte_are_read(send: Send) -> None:
    server = Scripted()
    server.drip = 0.005
    with serving(server) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, timeout=600.0))
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_what_is_said_in_clear_behind_starttls_is_not_believed(
    send: Send, authority: Authority
) -> None:
    """RFC 3207, 4.2: a man in the middle speaks for the server before TLS begins."""
    context = authority.context()

    def injecting(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example\r\n")
        connection.recv(4096)
        connection.sendall(b"250-mail.example\r\n250 STARTTLS\r\n")
        connection.recv(4096)
        connection.sendall(b"220 Go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
        secure = context.wrap_socket(connection, server_side=True)
        for line in secure.makefile("rb"):
            assert line.startswith(b"EHLO")
            secure.sendall(b"250 real\r\n")

    private = account("smtp", ca_certificate=authority.ca)
    wanted = {"security": "starttls", "host": "localhost", "username": "shop", "password": "x"}
    with serving(injecting) as port:
        outcome, _ = send(private, smtp, mail(port, **wanted))
    assert outcome.code == "no_auth"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_with_too_old_a_tls_is_named(send: Send, authority: Authority) -> None:
    context = authority.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    private = account("smtp", ca_certificate=authority.ca)
    with serving(Scripted(), tls=context) as port:
        outcome, _ = send(private, smtp, mail(port, security="tls", host="localhost"))
    assert (outcome.kind, outcome.code) == (RETRY, "tls_too_old")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4.2.2 The account that you tried to reach is over quota", RETRY),
        ("4.2.1 The user you are trying to contact receives mail at a rate too high", RETRY),
        ("4.3.0 Deliberately deferred, please come again", RETRY),
        ("4.7.0 Rate limited", OutcomeKind.THROTTLED),
        ("4.7.28 Our system has detected an unusual rate of mail", OutcomeKind.THROTTLED),
    ],
)
def test_only_what_is_said_of_us_makes_us_slower(text: str, kind: OutcomeKind) -> None:
    assert smtp.classify(SmtpReply(451, text, "RCPT")).kind is kind
