"""Which accounts say later that a message arrived: only for those is a receipt worth waiting for.

APNs, FCM, browsers' push services, Amazon SNS, SMTP, webhooks and Slack never do; the others do
where their callbacks are set up, so that is a question to the account and not to its kind alone.
"""

from collections.abc import Collection

from channels.accounts.choose import Route
from channels.accounts.routes import routes
from channels.protocols import WithReceipts
from channels.registry import adapter, kinds


def sends_receipts(route: Route) -> bool:
    """Returns whether this account, set up as it is, reports later what became of a message."""
    return isinstance(route.adapter, WithReceipts) and route.adapter.receipts(route.account)


def may_be_confirmed(channels: Collection[str]) -> bool:
    """Whether a message on one of `channels` may get a receipt: of an account that is there, or,
    where a channel has none yet, of one that could be made."""
    found = [route for route in routes.get().by_id.values() if route.account.channel in channels]
    there = {route.account.channel for route in found}
    could = {adapter(kind).CHANNEL for kind in kinds() if isinstance(adapter(kind), WithReceipts)}
    return any(map(sends_receipts, found)) or any(
        channel in channels and channel not in there for channel in could
    )
