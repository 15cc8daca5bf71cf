"""The values that pass between the pipeline and the providers' adapters.

An adapter is a module of pure functions over these values; see `docs/adding-a-provider.md`.
Nothing here knows Django, a clock or a socket.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from channels.way_out import WayOut


class Channel(StrEnum):
    PUSH = "push"
    WEB_PUSH = "web_push"
    EMAIL = "email"
    SMS = "sms"
    INBOX = "inbox"
    WEBHOOK = "webhook"
    SLACK = "slack"


class Lane(IntEnum):
    """How soon: a request's priority, lowered to its type's maximum. Smaller goes first."""

    URGENT = 0
    NORMAL = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials at one provider, decrypted. Never logged: `repr` hides the credentials."""

    id: int
    slug: str
    kind: str
    channel: Channel
    app_id: int | None
    endpoint: str  # base URL without a trailing slash; "" for the provider's own
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any]
    ca_certificate: str = ""  # PEM of a private CA to trust besides the public ones
    weight: int = 100
    rate_per_second: int = 0  # 0: no limit


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every message carries, whatever its channel."""

    delivery_id: str  # a UUID in its canonical form
    attempt: int  # 1 for the first attempt
    address: str = field(repr=False)  # token, e-mail address, E.164 number, URL, recipient id
    expires_at: datetime
    lane: Lane = Lane.NORMAL
    collapse_key: str = ""
    area: str = ""  # the country of a number (ISO 3166: AT), the domain of a mailbox
    type: str = ""  # the notification type's slug
    tried_at: datetime | None = None  # of a try that was never answered: it may have arrived
    way_out: WayOut | None = None  # of marketing, where its text need not say it
    service_id: int | None = None  # who sent it; None: the operators, whoever looks


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request to a provider, complete but for a bearer token the transport may have to add."""

    method: str
    url: str = field(repr=False)  # it may name a token, or be a secret itself
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: float = 10.0  # seconds, connecting included
    needs_token: bool = False  # the adapter has token_request/parse_token: add `Authorization`
    http2: bool = False  # the provider speaks nothing else; over https:// only
    guarded: bool = False  # somebody else's URL: only to an address that `ssrf` admits
    endpoint: str = ""  # whose server this is, where an account reaches many: few at a time
    units: int = 1  # what the provider bills for: parts of an SMS


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, as `parse_token` reads it."""

    value: str = field(repr=False)
    expires_in: float  # seconds


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """Seconds that each phase may take: those of RFC 5321, 4.5.3.2."""

    connect: float = 30.0
    greeting: float = 300.0
    command: float = 300.0  # EHLO, STARTTLS, AUTH, MAIL, RCPT
    data: float = 120.0  # from DATA to 354
    block: float = 180.0  # until the server has taken another block of the message
    end: float = 600.0  # from the final dot to its answer


@dataclass(frozen=True, slots=True)
class SmtpSend:
    """One message for one recipient over SMTP (RFC 5321)."""

    host: str
    port: int
    security: str  # "none", "starttls" or "tls"
    username: str
    password: str = field(repr=False)
    sender: str  # envelope sender
    recipient: str = field(repr=False)
    data: bytes = field(repr=False)  # RFC 5322, CRLF line ends
    limits: SmtpLimits = SmtpLimits()
    timeout: float = 600.0  # seconds: the most of any phase


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """The reply that decided: of RCPT TO if refused there, else of the final dot."""

    code: int
    text: str  # may start with an enhanced code, RFC 3463: "5.1.1 ..."
    command: str = "DATA"  # which command it answers; before RCPT it is about us, not about them


@dataclass(frozen=True, slots=True)
class InboxWrite:
    """A message for the in-app inbox: our own table, so one statement stores a whole batch."""

    delivery_id: UUID
    recipient_id: int
    title: str
    body: str
    link: str
    data: Mapping[str, str]
    expires_at: datetime
    service_id: int | None = None  # None: every service's tokens show it


Send = HttpRequest | SmtpSend | InboxWrite
Response = HttpResponse | SmtpReply


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """No answer. `sent` tells "never left" (safe to try again) from "maybe sent"."""

    sent: bool
    reason: str
    timed_out: bool = False
    code: str = ""  # of a cause that has a name; then `reason` is safe to show to anybody


# Too late, or the process is stopping: nothing was tried. Compare with `is`; costs no attempt.
NOT_STARTED = TransportFailure(sent=False, reason="not started")


class OutcomeKind(IntEnum):
    """What a provider's answer means; each has exactly one consequence, in `outcomes.py`."""

    ACCEPTED = 1  # the provider has it
    DELIVERED = 2  # the person has it
    RETRY = 3  # transient: again after the lane's delay, at least `after`
    THROTTLED = 4  # too fast: again later, costs no attempt, the account's rate shrinks
    BAD_RECIPIENT = 5  # the contact point is dead or unwilling
    REJECTED = 6  # this message only
    MISCONFIGURED = 7  # our credentials or settings: the account is suspended, the message waits
    UNCERTAIN = 8  # left, no answer


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: OutcomeKind
    reason: str = ""  # safe to show to anybody
    code: str = ""  # the provider's own code, or ours; stable, for filters
    provider_id: str = ""
    after: float | None = None  # seconds to wait at least
    dead_since: datetime | None = None  # BAD_RECIPIENT: only if registered before this instant
    repair: bool = False  # MISCONFIGURED, but worth one attempt at once with a fresh token
    peer_refused: bool = False  # RETRY: one of many servers refuses us; an operator should know
    opted_out: bool = False  # BAD_RECIPIENT: alive, but the person told the provider to stop


class EventKind(StrEnum):
    """What a provider says later about a delivery."""

    SENT = "sent"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED_SOFT = "bounced_soft"
    BOUNCED_HARD = "bounced_hard"
    FAILED = "failed"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    SUPPRESSED = "suppressed"  # the provider did not send: it had the address on a list of its own
    INBOUND = "inbound"  # the person wrote to us: `text`, from `address`, to `sender`
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    dedupe_key: str
    kind: EventKind
    at: datetime | None  # None: the provider does not say; take the time of receipt
    delivery_id: UUID | None = None
    attempt: int | None = None
    provider_id: str = ""
    reason: str = ""
    code: str = ""
    address: str = field(default="", repr=False)  # whose, where the provider says
    sender: str = ""  # INBOUND: the number or service of ours that was written to
    text: str = field(default="", repr=False)  # INBOUND
    is_bot: bool = False  # OPENED, CLICKED: by a scanner or a proxy, not by the person
    passing: bool = False  # a failure that says nothing of the address: another attempt may arrive


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """A provider's callback as it came: `url` is the public one, `body` the raw bytes."""

    method: str
    url: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    certificate: str = ""  # PEM behind `certificate_url`, where the adapter has one


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an account of this kind needs, for forms and checks."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""
    setting: bool = False  # kept in clear in `Account.settings`; else sealed in `credentials`
    place: bool = False  # it says which server gets the credentials
    check: Callable[[str], str] | None = None  # what is wrong with a value; "" if nothing is


class BuildError(ValueError):
    """`build` cannot make a request of this message; `outcome` says whose fault that is."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class MessageTooLarge(BuildError):
    """Larger than the provider takes, even with its text shortened."""

    def __init__(self, limit: str) -> None:
        reason = f"The message is larger than the provider takes ({limit})"
        super().__init__(Outcome(OutcomeKind.REJECTED, reason, "too_large"))


def failure_outcome(failure: TransportFailure) -> Outcome:
    """Returns the outcome of a request without a response; the same for every provider."""
    if failure is NOT_STARTED:
        return Outcome(OutcomeKind.RETRY, "Not started in time", "not_started", after=0.0)
    if failure.sent:
        return Outcome(OutcomeKind.UNCERTAIN, "The provider did not answer", "no_answer")
    reason = failure.reason if failure.code else "The provider could not be reached"
    return Outcome(OutcomeKind.RETRY, reason, failure.code or "unreachable")
