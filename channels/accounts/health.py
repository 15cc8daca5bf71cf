"""Whether an account is well: holding one, and letting it go.

An account that the platform held is tried with one message now and then, and is in use again once
such a probe is accepted. One that an operator held waits for an operator.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from channels.accounts.probe import FIRST_PROBE
from channels.accounts.routes import CLOSED, routes
from channels.models import ProviderAccount
from notifyproj.core.alerts.alerts import alert_raise, alert_resolve

log = logging.getLogger(__name__)

FEW_FAILURES = 3  # attempts that mostly fail; the breaker needs ten within ten seconds

IN_USE: dict[str, Any] = {
    "held_at": None,
    "held_reason": "",
    "held_by": "",
    "probe_at": None,
    "breaker": CLOSED,
    "breaker_until": None,
    "breaker_trips": 0,
    "failures": 0,
    "failing_since": None,
}
# In use again, and what waits for it is due at once.
RESUMED: dict[str, Any] = {**IN_USE, "resumed_at": Now(), "retry_now": True}
STALE = timedelta(seconds=2)  # a worker may go on with the old settings for about a second


def hold(account_id: int, reason: str, by: str = "", began: datetime | None = None) -> bool:
    """Take an account out of use; returns whether it was in use. `by` an operator, who may also
    take over what the platform held; else by the platform, which tells whoever is on call.
    `began`: when the attempt that shows it did; it may still be one of before a correction."""
    free = ProviderAccount.objects.filter(pk=account_id)
    free = free.exclude(held_at__isnull=False, held_by__gt="") if by else free.filter(held_at=None)
    if began is not None:
        free = free.exclude(resumed_at__gt=began - STALE)
    with transaction.atomic():
        held = free.update(
            held_at=Now(),
            held_reason=reason[:200],
            held_by=by[:150],
            probe_at=None if by else Now() + timedelta(seconds=FIRST_PROBE),
        )
        if held:
            _tell(account_id, reason, by)
    routes.forget()
    return bool(held)


def doubt(account_id: int, reason: str, code: str) -> None:
    """One of the servers that the account sends to refuses it: it goes on with the others."""
    slug = ProviderAccount.objects.filter(pk=account_id).values_list("slug", flat=True).first()
    alert_raise(
        key=f"account-refused:{account_id}",
        title=f"A server rejects the account {slug}",
        detail=f"{reason} ({code}). Messages to that server are retried; others continue.",
    )


def corrected(account_id: int) -> bool:
    """Its settings were changed: what it was held or refused for may be over, so it is in use
    again at once. What an operator held stays so. Returns whether it was held."""
    alert_resolve(key=f"account-refused:{account_id}")
    account = ProviderAccount.objects.filter(pk=account_id, held_by="")
    held = account.filter(held_at__isnull=False).exists()
    if account.exists():
        resume(account_id)
    return held


def resume(account_id: int) -> None:
    """Puts the account in use again, with a clean record."""
    with transaction.atomic():
        ProviderAccount.objects.filter(pk=account_id).update(**RESUMED)
        _all_clear(account_id)
    routes.forget()


def heal(account_id: int) -> bool:
    """A probe was accepted: an account that the platform held is in use again. Returns whether."""
    with transaction.atomic():
        account = ProviderAccount.objects.filter(pk=account_id, held_by="")
        healed = account.exclude(held_at=None).update(**IN_USE)
        if healed:
            _all_clear(account_id)
            log.warning("account in use again", extra={"account_id": account_id})
    routes.forget()
    return bool(healed)


def _tell(account_id: int, reason: str, by: str) -> None:
    account = ProviderAccount.objects.get(pk=account_id)
    log.error("account held", extra={"account": account.slug, "reason": reason, "by": by})
    if not by:
        alert_raise(
            key=f"account-held:{account_id}",
            title=f"Account {account.slug} is suspended",
            detail=f"{reason}. Its messages wait; it is tested with one of them from time to time.",
        )
    if not _others(account).filter(held_at=None).exclude(breaker_forced="open").exists():
        alert_raise(
            key=f"account-alone:{account_id}",
            title=f"No other account takes over for {account.slug}",
            detail=f"It is suspended, and no other account can send {account.channel}.",
        )


def _all_clear(account_id: int) -> None:
    """What waited for this account or could have used it has somewhere to go."""
    account = ProviderAccount.objects.filter(pk=account_id).first()
    alert_resolve(key=f"account-held:{account_id}")
    alert_resolve(key=f"account-refused:{account_id}")
    for id_ in (account_id, *(_others(account).values_list("pk", flat=True) if account else ())):
        alert_resolve(key=f"account-alone:{id_}")


def _others(account: ProviderAccount) -> QuerySet[ProviderAccount]:
    """Accounts that send to the same contact points."""
    same = ProviderAccount.objects.filter(channel=account.channel, app=account.app_id)
    return same.filter(enabled=True).exclude(pk=account.pk)
