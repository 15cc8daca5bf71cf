import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from channels.accounts.credentials import account_upsert
from channels.base import Account
from channels.models import ProviderAccount
from tests.channels.sandbox.conftest import Sandbox, received, running

pytestmark = pytest.mark.django_db

GOOD = (
    "From: Shop <shop@example.com>\r\nTo: ann@example.com\r\nSubject: Your order\r\n"
    "Date: Sun, 22 Nov 2026 05:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    "Message-ID: <0192f0c1-2b3c-7d4e-8f50-112233445566@example.com>\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n<p>It is on its way.</p>\r\n"
)


@contextmanager
def mail(sandbox: Sandbox, account: Account | None = None) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5)
    try:
        client.ehlo()
        if account:
            client.login(account.slug, "mail-secret")
        yield client
    finally:
        client.close()


def deliver(
    sandbox: Sandbox, account: Account, content: str = GOOD, to: str = "ann@example.com"
) -> tuple[int, bytes]:
    """The reply that decided."""
    with mail(sandbox, account) as client:
        for reply in (client.mail("shop@example.com"), client.rcpt(to)):
            if reply[0] != 250:
                return reply
        client.putcmd("data")
        client.getreply()
        client.send(content.encode() + b".\r\n")
        return client.getreply()


def test_a_good_mail_is_taken(sandbox: Sandbox) -> None:
    assert deliver(sandbox, sandbox.account("smtp"))[0] == 250


def test_a_reader_sees_the_rendered_mail(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    deliver(sandbox, account)
    row = received(account)
    assert (row.recipient, row.message["subject"]) == ("ann@example.com", "Your order")
    assert row.message["html"] == "<p>It is on its way.</p>\n"
    assert row.delivery_id == "0192f0c1-2b3c-7d4e-8f50-112233445566"


def test_a_wrong_password_is_535(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    with mail(sandbox) as client, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        client.login(account.slug, "wrong")
    assert refused.value.smtp_code == 535


def test_an_unknown_user_is_535(sandbox: Sandbox) -> None:
    with mail(sandbox) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("nobody", "mail-secret")


def test_mail_without_the_login_it_needs_is_530(sandbox: Sandbox) -> None:
    sandbox.account("smtp")
    with mail(sandbox) as client:
        assert client.mail("shop@example.com")[0] == 530


def test_mail_without_login_goes_to_the_first_account(sandbox: Sandbox) -> None:
    sandbox.commit(ProviderAccount.objects.all().delete)
    sandbox.commit(account_upsert, slug="open-mail", channel="email", kind="smtp")
    with running() as fresh, mail(fresh) as client:
        assert client.mail("shop@example.com")[0] == 250


def test_a_recipient_that_is_no_address_is_553(sandbox: Sandbox) -> None:
    assert deliver(sandbox, sandbox.account("smtp"), to="ann@-")[0] == 553


BAD = [
    (GOOD.replace("From: Shop <shop@example.com>\r\n", ""), b"5.7.1 "),
    (GOOD.replace("Subject:", "Subject: one\r\nSubject:"), b"5.7.1 "),
    (GOOD.replace("Message-ID", "X-Other"), b"5.7.1 "),
    (GOOD.replace("its way", "its\nway"), b"5.6.11 "),
]


@pytest.mark.parametrize(("content", "code"), BAD, ids=range(len(BAD)))
def test_a_bad_mail_is_refused_after_its_dot(sandbox: Sandbox, content: str, code: bytes) -> None:
    status, reply = deliver(sandbox, sandbox.account("smtp"), content)
    assert (status, reply[: len(code)]) == (550, code)


def test_advice_does_not_refuse(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    content = GOOD.replace("MIME", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME")
    assert deliver(sandbox, account, content)[0] == 250
    failed = [check for check in received(account).checks if not check["passed"]]
    assert [check["advice"] for check in failed] == [True] * len(failed)
    assert "one-click unsubscribe" in [check["name"] for check in failed]


def test_dead_token_is_550_5_1_1(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    sandbox.fault(account, "dead_token")
    status, reply = deliver(sandbox, account)
    assert (status, reply[:6]) == (550, b"5.1.1 ")


@pytest.mark.parametrize(("kind", "code"), [("throttle", 421), ("error", 451), ("html", 502)])
def test_a_fault_has_its_reply(sandbox: Sandbox, kind: str, code: int) -> None:
    account = sandbox.account("smtp")
    sandbox.fault(account, kind)
    assert deliver(sandbox, account)[0] == code
    assert not received(account).accepted


def test_bad_auth_refuses_the_login(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    sandbox.fault(account, "bad_auth")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        deliver(sandbox, account)


def test_a_hanging_server_has_the_mail_all_the_same(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    sandbox.fault(account, "hang")
    with mail(sandbox, account) as client:
        assert client.sock
        client.sock.settimeout(1)
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.sendmail("shop@example.com", ["ann@example.com"], GOOD)
    assert received(account).accepted


@pytest.mark.parametrize(("kind", "accepted"), [("reset", True), ("reset_before", False)])
def test_a_reset_connection(sandbox: Sandbox, kind: str, accepted: bool) -> None:
    account = sandbox.account("smtp")
    sandbox.fault(account, kind)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        deliver(sandbox, account)
    assert (received(account).accepted, received(account).answer) == (accepted, 0)


def test_a_slow_server_answers_in_the_end(sandbox: Sandbox) -> None:
    account = sandbox.account("smtp")
    sandbox.fault(account, "slow", seconds=0.3)
    assert deliver(sandbox, account)[0] == 250
