"""Browsers that want push: their subscriptions, and the key that pages subscribe with.

A subscription belongs to an app, as devices do: one VAPID key, to which the browser tied it.
"""

from typing import Annotated

from django.db import transaction
from msgspec import Meta, Struct

from channels.accounts.credentials import account_value
from channels.base import Account, Channel
from channels.models import App, ProviderAccount
from channels.protocols import WithPublicKey
from channels.registry import adapter
from channels.web_push.subscription import NotASubscription, is_allowed, stored
from notifyproj.core import clock
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.encryption import Undecryptable
from preferences.recipients import contact_points as points
from preferences.recipients import services

PLATFORM = "web"
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class SubscriptionKeys(Struct, forbid_unknown_fields=True):
    """base64url, as the browser writes them."""

    p256dh: Text
    auth: Text


class Subscription(Struct, rename={"expiration_time": "expirationTime"}):
    """The result of `PushSubscription.toJSON()`."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=2_000)]
    keys: SubscriptionKeys
    expiration_time: float | None = None


class Browser(Struct, forbid_unknown_fields=True, kw_only=True):
    """`app` is optional when there is only one web push app."""

    subscription: Subscription
    app: Annotated[str, Meta(max_length=50)] | None = None


def web_push_register(*, external_id: str, browser: Browser) -> tuple[int, bool]:
    """(id, is new). A browser that another person used is this one's from now on.

    Raises InvalidFields, NoSuchRecipient.
    """
    app = _app(browser.app)
    given = browser.subscription
    try:
        address = stored(given.endpoint, given.keys.p256dh, given.keys.auth)
    except NotASubscription as error:
        raise InvalidFields({"subscription": f"{error}."}) from None
    if not any(is_allowed(given.endpoint, account.endpoint) for account in _accounts(app)):
        message = "The provider accounts of this app do not send to this push service."
        raise InvalidFields({"subscription.endpoint": message})
    with transaction.atomic():
        recipient = services.locked(external_id)
        point = points.new_point(
            key=services.key_of(recipient),
            recipient_id=recipient.pk,
            channel=Channel.WEB_PUSH,
            address=address,
            app_id=app.pk,
            platform=PLATFORM,
        )
        return points.register([point], clock.now())[0]


def public_key_of(app_slug: str) -> str | None:
    """What pages of the app subscribe with; None without such an app or a usable account."""
    app = App.objects.filter(slug=app_slug, channel=Channel.WEB_PUSH).first()
    for row in _accounts(app) if app else []:
        try:
            found = _public_key(account_value(row))
        except (Undecryptable, LookupError, ValueError):
            continue
        if found:
            return found
    return None


def _public_key(account: Account) -> str:
    provider = adapter(account.kind)
    return provider.public_key(account) if isinstance(provider, WithPublicKey) else ""


def _app(slug: str | None) -> App:
    apps = list(App.objects.filter(channel=Channel.WEB_PUSH).order_by("pk"))
    if slug is not None:
        apps = [app for app in apps if app.slug == slug]
    if len(apps) == 1:
        return apps[0]
    message = (
        "`app` is required: there are several web push apps." if apps else "Web push app not found."
    )
    raise InvalidFields({"app": message})


def _accounts(app: App) -> list[ProviderAccount]:
    return list(ProviderAccount.objects.filter(app=app, enabled=True).order_by("pk"))
