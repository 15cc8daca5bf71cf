"""A simulator of a mail server, for aiosmtpd: who may send, to whom, and what a message must be.

The account is the user name's, or, without a login, the first SMTP account there is.
"""

import asyncio
import hmac
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from channels.sandbox.kit.accounts import Known
from channels.sandbox.kit.faults import FaultRule, drawn
from channels.sandbox.kit.recorder import Recorder, row
from channels.sandbox.kit.sockets import HANG, reset
from channels.sandbox.kit.values import Answer, Examination, Refused, Verdict, first_uuid
from channels.sandbox.providers.email import mail

MAX_SIZE = 25 * 1024 * 1024  # bytes, as Gmail
THROTTLED = "421 4.7.28 Too many messages: our system has detected an unusual rate of mail"
REFUSED = "535 5.7.8 Username and Password not accepted"


class Directory(Protocol):
    async def find(self, slug: str) -> Known | None: ...
    async def find_mail(self) -> Known | None: ...


@dataclass
class Transaction:
    """One message on its way, from MAIL to the final dot."""

    known: Known
    fault: FaultRule | None
    exam: Examination = field(default_factory=Examination)

    def meets(self, *kinds: str) -> bool:
        return self.fault is not None and self.fault.kind in kinds


class MailServer:
    """aiosmtpd's handler of one connection; every refusal and every message is recorded."""

    def __init__(self, directory: Directory, recorder: Recorder) -> None:
        self._directory, self._recorder = directory, recorder
        self._known: Known | None = None  # who logged in
        self._transaction: Transaction  # set by MAIL, which aiosmtpd wants before the rest

    async def auth_PLAIN(self, server: SMTP, args: list[str]) -> Any:
        return await self._login(server, await SMTP.auth_PLAIN(server, server, args))

    async def auth_LOGIN(self, server: SMTP, args: list[str]) -> Any:
        return await self._login(server, await SMTP.auth_LOGIN(server, server, args))

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        known = self._known or await self._directory.find_mail()
        if known is None:
            return "550 5.7.1 There is no SMTP account"
        fault = drawn(known.faults, random.random())  # noqa: S311 - no secret
        self._transaction = transaction = Transaction(known, fault)
        if transaction.meets("reset_before"):
            self._record(envelope, transaction, 0, "")
            reset(server.transport)
        status = self._mail_status(session, transaction, address)
        if not status.startswith("250"):
            self._record(envelope, transaction, int(status[:3]), status)
        else:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        if status.startswith("421") and server.transport:
            asyncio.get_running_loop().call_later(0.05, server.transport.close)
        return status

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        transaction = self._transaction
        envelope.rcpt_tos.append(address)
        try:
            exam = transaction.exam
            bad = Refused(553, "5.1.3", "The recipient address is not a valid RFC 5321 address")
            exam.require("recipient address", mail.is_address(address), bad, address)
            if transaction.meets("dead_token"):
                raise Refused(
                    550, "5.1.1", "The email account that you tried to reach does not exist"
                )
        except Refused as refused:
            status = _status(refused)
            self._record(envelope, transaction, refused.status, status)
            envelope.rcpt_tos.remove(address)
            return status
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        transaction = self._transaction
        try:
            mail.examine(_content(envelope), envelope.rcpt_tos, transaction.exam)
            if transaction.meets("error"):
                raise Refused(451, "4.3.0", "Temporary system problem. Try again later")
        except Refused as refused:
            status = _status(refused)
            self._record(envelope, transaction, refused.status, status)
            return status
        if transaction.fault and transaction.meets("slow"):
            await asyncio.sleep(transaction.fault.seconds)
        silent = transaction.meets("hang", "reset")
        status = f"250 2.0.0 OK {int(datetime.now(UTC).timestamp())}"
        self._record(envelope, transaction, 0 if silent else 250, "" if silent else status, True)
        if transaction.meets("hang"):
            await asyncio.sleep(HANG)
        if transaction.meets("reset"):
            reset(server.transport)
        return status

    async def _login(self, server: SMTP, result: AuthResult) -> AuthResult:
        """`result` is of aiosmtpd's own parsing; its authenticator let everybody in."""
        if not result.success or not isinstance(result.auth_data, LoginPassword):
            return result
        name, secret = result.auth_data
        known = await self._directory.find(name.decode("utf-8", "replace"))
        expected = known.account.credentials.get("password", "").encode() if known else b""
        right = known is not None and hmac.compare_digest(secret, expected)
        if known and right and _refuses(known):
            right = False
        if known and not right:
            exam = Examination()
            exam.advise("user name and password", False, "not accepted")
            refused = Transaction(known, None, exam)
            self._record(None, refused, 535, REFUSED)
        if not right:
            return AuthResult(success=False, handled=False, message=REFUSED)
        self._known = known
        return AuthResult(success=True)

    def _mail_status(self, session: Session, transaction: Transaction, address: str) -> str:
        exam, account = transaction.exam, transaction.known.account
        try:
            needed = bool(account.credentials.get("password"))
            login = Refused(530, "5.7.0", "Authentication Required")
            exam.require("login", session.authenticated or not needed, login)
            bad = Refused(553, "5.1.7", "The sender address is not a valid RFC 5321 address")
            exam.require("sender address", not address or mail.is_address(address), bad, address)
        except Refused as refused:
            return _status(refused)
        if transaction.meets("throttle"):
            return THROTTLED
        if transaction.meets("bad_auth"):
            return "530 5.7.0 Authentication Required"
        if transaction.meets("html"):
            return "502 <!DOCTYPE html><title>Bad Gateway</title>"
        return "250 2.1.0 OK"

    def _record(
        self,
        envelope: Envelope | None,
        transaction: Transaction,
        code: int,
        status: str,
        accepted: bool = False,
    ) -> None:
        data = _content(envelope) if envelope else b""
        recipients = ", ".join(envelope.rcpt_tos) if envelope else ""
        sender = envelope.mail_from if envelope else ""
        verdict = Verdict(
            answer=Answer(code, {}, status.encode()),
            checks=tuple(transaction.exam.checks),
            accepted=accepted,
            recipient=recipients,
            delivery_id=first_uuid(str(mail.parsed(data).get("Message-ID", ""))) if data else "",
            message=mail.seen(data) if data else {},
        )
        raw = (
            f"MAIL FROM:<{sender}>\nRCPT TO:<{recipients}>\nDATA\n{data.decode('utf-8', 'replace')}"
        )
        kind = transaction.fault.kind if transaction.fault else ""
        known = transaction.known.account
        self._recorder.put(
            row(known, datetime.now(UTC), raw if envelope else "AUTH", verdict, kind)
        )


def mail_server(directory: Directory, recorder: Recorder) -> SMTP:
    """aiosmtpd's protocol for one connection."""
    return SMTP(
        MailServer(directory, recorder),
        data_size_limit=MAX_SIZE,
        enable_SMTPUTF8=True,
        hostname="mail.sandbox.invalid",
        ident="ESMTP sandbox",
        auth_require_tls=False,  # it listens on loopback only
        authenticator=_let_in,
        loop=asyncio.get_running_loop(),
    )


def _let_in(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    """Parsing only: `_login` decides, since it has to wait for the database."""
    return AuthResult(success=True, auth_data=data)


def _content(envelope: Envelope) -> bytes:
    found = envelope.content
    return found if isinstance(found, bytes) else b""


def _refuses(known: Known) -> bool:
    fault = drawn(known.faults, random.random())  # noqa: S311 - no secret
    return fault is not None and fault.kind == "bad_auth"


def _status(refused: Refused) -> str:
    return f"{refused.status} {refused.code} {refused.message}"
