"""Any mail server, over SMTP (RFC 5321, RFC 5322)."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    InboundRequest,
    Lane,
    Outcome,
    OutcomeKind,
    SmtpLimits,
    SmtpReply,
    SmtpSend,
)
from channels.email.fields import AUTHOR, author, recipient
from channels.email.mime import mime
from channels.email.reports import read as reports
from channels.messages import EmailMessage

CHANNEL = Channel.EMAIL
FIELDS: tuple[Field, ...] = (
    *AUTHOR,
    Field(
        name="host",
        label="Mail server",
        secret=False,
        required=False,
        help="Unless the endpoint names it",
        setting=True,
        place=True,
    ),
    Field(
        name="port",
        label="Port",
        secret=False,
        required=False,
        help="587 for starttls, 465 for tls",
        setting=True,
        place=True,
    ),
    Field(
        name="security",
        label="Security",
        secret=False,
        required=False,
        help="starttls (default), tls or none",
        setting=True,
        place=True,
    ),
    Field(
        "return_path",
        "Return path",
        required=False,
        help="signed (default, where BOUNCE_ADDRESS is set), or sender: for a server that takes "
        "no other envelope sender",
        setting=True,
    ),
    Field("username", "User name", required=False),
    Field("password", "Password", secret=True, required=False),
)
PORTS = {"none": 25, "starttls": 587, "tls": 465}
SCHEMES = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
PATIENT = SmtpLimits()
HURRIED = SmtpLimits(connect=5.0, greeting=10.0, command=10.0, data=10.0, block=10.0, end=30.0)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# https://www.iana.org/assignments/smtp-enhanced-status-codes; 5.7.26 Gmail, 5.7.515 Outlook.com
ENHANCED: dict[str, tuple[OutcomeKind, str]] = {
    **dict.fromkeys(
        ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"), (BAD, "The address does not exist")
    ),
    "5.2.1": (BAD, "The mailbox is disabled"),
    "5.2.2": (REJECTED, "The mailbox is full"),
    "5.2.3": (REJECTED, "The message is too large"),
    "5.3.4": (REJECTED, "The message is too large"),
    "5.7.1": (REJECTED, "The mail server refused the message by policy"),
    "5.7.8": (PAUSE, "The mail server refused our login"),
    "5.7.26": (PAUSE, "Our mail is not authenticated (SPF, DKIM, DMARC)"),
    "5.7.515": (PAUSE, "Our mail is not authenticated (SPF, DKIM, DMARC)"),
    "4.7.28": (THROTTLED, "The mail server slows us down"),
}
# https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3
BASIC: dict[int, tuple[OutcomeKind, str]] = {
    **dict.fromkeys((530, 534, 535), (PAUSE, "The mail server refused our login")),
    **dict.fromkeys((501, 553), (BAD, "The address is not valid")),
    552: (REJECTED, "The message is too large or the mailbox full"),
}
# What servers say by a code that others use for something else: qmail's relaying, Google's quota,
# Exchange Online's "not there" (https://aka.ms/5-4-1). Read 2026-11.
NAMED = [
    (
        re.compile(r"relay(ing)? (access )?(is )?(denied|not|prohibited)|rcpthosts", re.IGNORECASE),
        (REJECTED, "The mail server does not send on for us"),
    ),
    (
        re.compile(r"(daily|hourly|user) sending (limit|quota)", re.IGNORECASE),
        (THROTTLED, "The mail server takes no more from us for now"),
    ),
    (re.compile(r"recipient address rejected: access denied", re.IGNORECASE), ENHANCED["5.1.1"]),
]
ROUTING = (RETRY, "No way to the recipient's mail server")  # 554 5.4.x: for as long as it may live
SPEED = re.compile(r"throttl|\brates?\b|ratelimit|too (fast|many)|limit|quota", re.IGNORECASE)
CODE = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")


# What the server did not offer where we need it: nothing was said, so nothing is to be read.
LACKING = {
    "NO_STARTTLS": Outcome(PAUSE, "The mail server does not offer STARTTLS", "no_starttls"),
    "NO_AUTH": Outcome(PAUSE, "The mail server offers no login that we can use", "no_auth"),
}


def build(message: EmailMessage, account: Account, now: datetime) -> SmtpSend:
    host, port, security = _server(account)
    username = account.credentials.get("username", "")
    if security == "none" and host not in LOOPBACK:
        username = ""  # never in clear over a network
    sender = author(account)
    return SmtpSend(
        host=host,
        port=port,
        security=security,
        username=username,
        password=account.credentials.get("password", "") if username else "",
        sender=_return_path(message, account, now) or sender.address,
        recipient=recipient(message),
        data=mime(message, sender=sender, now=now),
        limits=HURRIED if message.envelope.lane is Lane.URGENT else PATIENT,
    )


def classify(response: SmtpReply) -> Outcome:
    if response.command in LACKING:
        return LACKING[response.command]
    if response.command == "STARTTLS" and response.code >= 500:
        return LACKING["NO_STARTTLS"]  # offered, and then refused
    found = CODE.match(response.text)
    code = found[1] if found else str(response.code)
    if 200 <= response.code < 300:
        return Outcome(OutcomeKind.ACCEPTED)
    kind, reason = _meaning(response, code)
    if kind is BAD and response.command not in ("RCPT", "DATA"):
        kind, reason = PAUSE, "The mail server refused our sender"
    return Outcome(kind, reason, code)


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Mail servers post nothing; bounces come by mail, to an address that we signed."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return reports.events(request)


def _return_path(message: EmailMessage, account: Account, now: datetime) -> str:
    """ "" for the sender's own address."""
    if message.return_path is None or account.settings.get("return_path") == "sender":
        return ""
    envelope = message.envelope
    return message.return_path.bounce(envelope.delivery_id, account.id, envelope.attempt, now)


def _meaning(reply: SmtpReply, code: str) -> tuple[OutcomeKind, str]:
    mailbox = code.startswith("4.2.")  # full, or busy: theirs, and no reason to send less to others
    if reply.code < 500 and SPEED.search(reply.text) and not mailbox:
        return THROTTLED, "The mail server slows us down"
    known = next((meaning for text, meaning in NAMED if text.search(reply.text)), None)
    if known is None:
        known = ROUTING if code.startswith("5.4.") else ENHANCED.get(code) or BASIC.get(reply.code)
    if known:
        return known
    if 400 <= reply.code < 500:
        return RETRY, "The mail server asks us to try later"
    if reply.command in ("RCPT", "DATA"):
        return REJECTED, "The mail server refused the message"
    return PAUSE, "The mail server refused us"


def _server(account: Account) -> tuple[str, int, str]:
    try:
        if account.endpoint:
            url = urlsplit(account.endpoint)
            security = SCHEMES[url.scheme]
            return url.hostname or "", url.port or PORTS[security], security
        security = str(account.settings.get("security") or "starttls")
        port = int(account.settings.get("port") or PORTS[security])
        return str(account.settings["host"]), port, security
    except (KeyError, ValueError, TypeError) as error:
        outcome = Outcome(PAUSE, "The mail server's address cannot be used", "settings")
        raise BuildError(outcome) from error
