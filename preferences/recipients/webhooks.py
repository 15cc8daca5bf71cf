"""Where a recipient wants webhooks and Slack messages: URLs they gave, and the webhooks' secrets.

A webhook's address is JSON: {"url", "secrets": [{"key", "until"}]}, newest secret first.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from channels.addresses.url import url as normal_url
from channels.base import Channel
from channels.protocols import WithAddress
from channels.registry import adapter
from channels.standard_webhooks import new_secret
from channels.transport.ssrf import refuse_url
from notifyproj.core import clock
from notifyproj.core.api.errors import InvalidFields
from preferences.addresses import addresses
from preferences.models import ContactPoint, Recipient
from preferences.recipients import contact_points as points
from preferences.recipients import services

OVERLAP = timedelta(hours=24)  # both secrets sign, so that the receiver can change over
MOST_SECRETS = 3
MAX_URL = 2_000  # characters


class Registered(NamedTuple):
    id: int
    created: bool
    secret: str = ""  # of a new webhook: shown once


def webhook_register(*, external_id: str, url: str) -> Registered:
    """One that is known keeps its secret. Raises InvalidFields, NoSuchRecipient."""
    url = _checked(url)
    with transaction.atomic():
        recipient = services.locked(external_id)
        known = _known(recipient, url)
        secret = "" if known else new_secret()
        address = known or _address(url, [{"key": secret, "until": None}])
        id_, created = _register(recipient, Channel.WEBHOOK, address)
        return Registered(id_, created, secret)


def slack_register(*, external_id: str, url: str) -> Registered:
    """Raises InvalidFields, NoSuchRecipient."""
    url = _checked(url)
    slack = adapter("slack")
    if isinstance(slack, WithAddress) and (problem := slack.address_problem(url)):
        raise InvalidFields({"address": problem})
    with transaction.atomic():
        return Registered(*_register(services.locked(external_id), Channel.SLACK, url))


REGISTER: dict[str, Callable[..., Registered]] = {
    Channel.WEBHOOK: webhook_register,
    Channel.SLACK: slack_register,
}


def webhook_secret_rotate(*, external_id: str, contact_point_id: int) -> str | None:
    """The new secret; the one before signs along for a day. None when there is no such webhook.

    Raises NoSuchRecipient.
    """
    now = clock.now()
    with transaction.atomic():
        recipient = services.locked(external_id)
        rows = ContactPoint.objects.select_for_update(no_key=True)
        row = rows.filter(pk=contact_point_id, recipient=recipient, channel="webhook").first()
        if row is None:
            return None
        known = json.loads(_open(recipient, row))
        secret = new_secret()
        kept = [_ending(old, now) for old in known["secrets"] if _is_valid(old, now)]
        secrets = [{"key": secret, "until": None}, *kept][:MOST_SECRETS]
        key, hash_ = services.key_of(recipient), bytes(row.address_hash)
        row.address = addresses.seal(key, recipient.pk, hash_, _address(known["url"], secrets))
        row.save(update_fields=["address"])
        return secret


def _checked(text: str) -> str:
    """In its one form. Raises InvalidFields."""
    url = normal_url(text)
    problem = refuse_url(url, loopback_allowed=settings.ALLOW_PRIVATE_URLS)
    if problem or len(url) > MAX_URL:
        message = problem or f"Must have at most {MAX_URL} characters"
        raise InvalidFields({"address": f"{message}."})
    return url


def _register(recipient: Recipient, channel: str, address: str) -> tuple[int, bool]:
    point = points.new_point(
        key=services.key_of(recipient),
        recipient_id=recipient.pk,
        channel=channel,
        address=address,
    )
    return points.register([point], clock.now())[0]


def _known(recipient: Recipient, url: str) -> str:
    hashes = [addresses.hash_of(Channel.WEBHOOK, url), *addresses.former_hashes_of("webhook", url)]
    rows = recipient.contact_points.filter(channel=Channel.WEBHOOK, address_hash__in=hashes)
    row = rows.order_by("-hash_version").first()
    return _open(recipient, row) if row else ""


def _open(recipient: Recipient, row: ContactPoint) -> str:
    key, hash_ = services.key_of(recipient), bytes(row.address_hash)
    return addresses.unseal(key, recipient.pk, hash_, bytes(row.address))


def _address(url: str, secrets: list[dict[str, Any]]) -> str:
    return json.dumps({"url": url, "secrets": secrets}, separators=(",", ":"))


def _ending(secret: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {**secret, "until": secret["until"] or (now + OVERLAP).isoformat()}


def _is_valid(secret: dict[str, Any], now: datetime) -> bool:
    return not secret["until"] or datetime.fromisoformat(secret["until"]) > now
