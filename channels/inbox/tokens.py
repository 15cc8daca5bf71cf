"""A short-lived signed token with which a person's app reads that person's inbox, nothing else."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.core import signing

SALT = "channels.inbox.token.v1"
LIFETIME = timedelta(minutes=15)


class InvalidToken(ValueError):
    """Not made by us, or damaged."""


class ExpiredToken(InvalidToken):
    """Was good until a moment ago: ask for another."""


@dataclass(frozen=True, slots=True)
class Token:
    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a token speaks for, until when, and in which service's app."""

    recipient_id: int
    expires_at: datetime
    service_id: int | None = None  # None: the whole inbox, whoever sent what is in it

    is_authenticated = True  # what REST framework's permissions ask


def mint(
    *,
    recipient_id: int,
    now: datetime,
    lifetime: timedelta = LIFETIME,
    service_id: int | None = None,
) -> Token:
    """Returns a signed token for one person's inbox; with `service_id`, of that service alone."""
    expires_at = (now + lifetime).replace(microsecond=0)
    claims = {"r": recipient_id, "e": int(expires_at.timestamp())}
    if service_id is not None:
        claims["s"] = service_id
    return Token(signing.dumps(claims, salt=SALT), expires_at)


def read(value: str, now: datetime) -> Reader:
    """Raises InvalidToken, or ExpiredToken."""
    try:
        claims = signing.loads(value, salt=SALT)
        service = None if claims.get("s") is None else int(claims["s"])
        reader = Reader(int(claims["r"]), datetime.fromtimestamp(claims["e"], UTC), service)
    except (signing.BadSignature, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidToken("The token is not valid.") from error
    if reader.expires_at <= now:
        raise ExpiredToken("The token has expired.")
    return reader


def from_header(value: str, now: datetime) -> Reader:
    """Of an `Authorization` header. Raises InvalidToken, or ExpiredToken."""
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Send `Authorization: Bearer <inbox token>`.")
    return read(token.strip(), now)
