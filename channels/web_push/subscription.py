"""A browser's push subscription, as its page hands it over: a URL and two keys, all secret.

Stored as JSON in one form: {"endpoint", "p256dh", "auth"}.
"""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field

from channels.addresses.url import url
from channels.answers import json_object
from channels.transport.ssrf import host_of
from channels.web_push.encryption import Keys, check

# Whoever may be sent to: a subscription names its own server.
HOSTS = frozenset({"fcm.googleapis.com"})
UNDER = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
MAX_ENDPOINT = 2_000  # characters


class NotASubscription(ValueError):
    """The message is safe to show."""


@dataclass(frozen=True, slots=True)
class Subscription:
    endpoint: str = field(repr=False)
    keys: Keys = field(repr=False)


def is_allowed(endpoint: str, base: str = "") -> bool:
    """Whether it is a browser's push service; or under `base`, where an account has one."""
    if base:
        return endpoint.startswith(base.rstrip("/") + "/")
    host = host_of(endpoint)
    return endpoint.startswith("https://") and (host in HOSTS or host.endswith(UNDER))


def stored(endpoint: str, p256dh: str, auth: str) -> str:
    """The one form. Raises NotASubscription."""
    value = {"endpoint": url(endpoint), "p256dh": p256dh.rstrip("="), "auth": auth.rstrip("=")}
    text = json.dumps(value, separators=(",", ":"))
    parse(text)
    return text


def parse(address: str) -> Subscription:
    """Raises NotASubscription."""
    value = json_object(address.encode("utf-8", "replace"))
    endpoint, p256dh, auth = (value.get(name) for name in ("endpoint", "p256dh", "auth"))
    if not (isinstance(endpoint, str) and isinstance(p256dh, str) and isinstance(auth, str)):
        raise NotASubscription("The subscription is incomplete")
    if not 0 < len(endpoint) <= MAX_ENDPOINT:
        raise NotASubscription("The subscription's endpoint is empty or too long")
    try:
        keys = Keys(_decoded(p256dh), _decoded(auth))
        check(keys)
    except ValueError:
        raise NotASubscription("The keys of the subscription are invalid") from None
    return Subscription(endpoint, keys)


def _decoded(text: str) -> bytes:
    if len(text) > 200:
        raise ValueError
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
