"""Web Push to any browser's push service, with keys of our own (VAPID, RFC 8030, 8291, 8292).

https://autopush.readthedocs.io/en/latest/http.html, https://developer.apple.com/documentation/
usernotifications/sending-web-push-notifications-in-web-apps-and-browsers (read 2026-11)
"""

import hmac
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from channels.answers import retry_after, status_outcome
from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    Lane,
    Outcome,
    OutcomeKind,
)
from channels.messages import WebPushMessage
from channels.signatures import base64url, p256_public, vapid_jwt, window_start
from channels.web_push.contact import contact_problem
from channels.web_push.encryption import encrypt, sender_key
from channels.web_push.payload import payload
from channels.web_push.subscription import NotASubscription, is_allowed, parse

CHANNEL = Channel.WEB_PUSH
FIELDS: tuple[Field, ...] = (
    Field(
        "private_key", "VAPID private key", secret=True, help="P-256: PEM, or 32 bytes base64url"
    ),
    Field(
        *("subject", "Contact"),
        help="mailto:push@example.com or https://…",
        setting=True,
        check=contact_problem,
    ),
)
MAX_TTL = 2_419_200  # seconds: four weeks
WINDOW = 43_200  # seconds for which a token is kept
LIFE = 82_800  # "at most a day", whatever their clock says
PATIENCE = 60.0
URGENCY = {Lane.URGENT: "high", Lane.NORMAL: "normal", Lane.BULK: "low"}

BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# RFC 8030, 7.2 and 7.3, and the services' own pages. The URL is the subscription: that it is not
# there says that the subscription is not.
STATUSES: dict[int, tuple[OutcomeKind, str]] = {
    400: (REJECTED, "The push service refused the message"),
    404: (BAD, "The browser's subscription has ended"),
    410: (BAD, "The browser's subscription has ended"),
    413: (REJECTED, "The message is larger than the push service takes"),
}
# With 400 at Apple, with 403 elsewhere, and without a code at Google.
OTHER_KEY = (b"vapidpkhashmismatch", b"do not correspond to the credentials used to create")


def public_key(account: Account) -> str:
    """What pages subscribe with: `applicationServerKey`. Raises ValueError."""
    return base64url(p256_public(account.credentials["private_key"]))


def build(message: WebPushMessage, account: Account, now: datetime) -> HttpRequest:
    envelope = message.envelope
    try:
        subscription = parse(envelope.address)
        if not is_allowed(subscription.endpoint, account.endpoint):
            raise NotASubscription("The push service is not one we know")
        text = payload(message)
        body = encrypt(text, subscription.keys, *_secrets(message, account, text))
    except NotASubscription as error:
        raise BuildError(Outcome(BAD, str(error), "bad_subscription")) from None
    ttl = int((envelope.expires_at - now).total_seconds())
    headers = {
        "authorization": _authorization(account, subscription.endpoint, now),
        "content-type": "application/octet-stream",
        "content-encoding": "aes128gcm",
        "ttl": str(min(max(ttl, 0), MAX_TTL)),
        "urgency": URGENCY[envelope.lane],
    }
    if envelope.collapse_key:
        headers["topic"] = _topic(envelope.collapse_key)
    return HttpRequest(
        "POST",
        subscription.endpoint,
        headers,
        body,
        http2=not account.endpoint,
        guarded=True,
    )


def classify(response: HttpResponse) -> Outcome:
    status, code = response.status, f"http_{response.status}"
    if 200 <= status < 300:
        headers = response.headers
        id_ = headers.get("apns-id") or headers.get("location") or ""
        return Outcome(OutcomeKind.ACCEPTED, provider_id=id_[:255])
    if status in (400, 403) and any(words in response.body.lower() for words in OTHER_KEY):
        return Outcome(BAD, "The subscription was made with another key", "VapidPkHashMismatch")
    if 300 <= status < 400:
        return Outcome(BAD, "The browser's subscription has moved", code)
    if status == 429:
        after = retry_after(response.headers) or PATIENCE
        return Outcome(
            kind=OutcomeKind.RETRY,
            reason="The push service takes no more just now",
            code=code,
            provider_id="",
            after=after,
        )
    if status in (401, 403):  # this service's alone: others take the same key, and go on
        reason = "The push service refused our VAPID key or contact"
        return Outcome(OutcomeKind.RETRY, reason, code, after=PATIENCE, peer_refused=True)
    if status in STATUSES:
        kind, reason = STATUSES[status]
        return Outcome(kind, reason, code)
    return status_outcome(response)


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Push services call nobody back."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _authorization(account: Account, endpoint: str, now: datetime) -> str:
    """One token for each service and half day: signing costs as much as the message's own keys.
    None is ever so old that a fresh one would be taken instead."""
    parts = urlsplit(endpoint)
    expires = window_start(now.timestamp(), WINDOW) + LIFE
    key, subject = account.credentials.get("private_key", ""), account.settings.get("subject", "")
    if contact_problem(str(subject)):
        reason = "The VAPID contact is no address that push services take"
        raise BuildError(Outcome(PAUSE, reason, "bad_contact"))
    try:
        token = vapid_jwt(key, f"{parts.scheme}://{parts.netloc}", str(subject), expires)
        return f"vapid t={token}, k={base64url(p256_public(key))}"
    except ValueError:
        reason = "The VAPID private key cannot be used"
        raise BuildError(Outcome(PAUSE, reason, "bad_key")) from None


def _secrets(
    message: WebPushMessage, account: Account, text: bytes
) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """The message's own key and salt. Made of what only we know and of all that it says, so the
    same message is the same bytes, and no two messages share them."""
    envelope = message.envelope
    about = f"{envelope.delivery_id}:{envelope.attempt}:{envelope.address}:".encode() + text
    key = account.credentials.get("private_key", "").encode()
    seed = hmac.digest(key, b"web push key:" + about, "sha256")
    salt = hmac.digest(key, b"web push salt:" + about, "sha256")[:16]
    return sender_key(seed), salt


def _topic(collapse_key: str) -> str:
    """Always 32 characters: Apple decodes it as base64url, and refuses some lengths."""
    return base64url(sha256(collapse_key.encode("utf-8", "replace")).digest()[:24])
