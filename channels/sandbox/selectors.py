"""What the sandbox's page shows. The table is kept small, and only what is shown is read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Left, Length

from channels.models import ProviderAccount
from channels.sandbox.models import Fault, Received
from channels.sandbox.simulators import simulated

PUSHES = 8  # on each phone's lock screen
LOOKED_THROUGH = 200  # newest pushes: those that replace each other count once
TEXTS, MAILS, REQUESTS = 20, 30, 40
SAYS = 2_000  # characters of a message without a place of its own
RAW = 6_000  # characters of a request that are shown
JSON_ROWS = 500
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass
class Thread:
    """The SMS one number got, oldest first, as its owner sees them."""

    number: str
    messages: list[Received] = field(default_factory=list)


@dataclass(frozen=True)
class SandboxAccount:
    slug: str
    kind: str
    faults: list[Fault]


def pushes(platform: str) -> list[Received]:
    """Newest first; of those with one collapse id on one device, the newest. With `app_name`."""
    rows = Received.objects.filter(
        accepted=True, message__kind="push", message__platform=platform, message__silent=False
    )
    owner = ProviderAccount.objects.filter(slug=OuterRef("account")).values("app__name")[:1]
    rows = rows.annotate(app_name=Subquery(owner)).order_by("-pk")[:LOOKED_THROUGH]
    shown: dict[tuple[object, ...], Received] = {}
    for row in rows:
        collapse = row.message.get("collapse")
        key = (row.account, row.recipient, collapse) if collapse else (row.pk,)
        shown.setdefault(key, row)
    return list(shown.values())[:PUSHES]


def threads() -> list[Thread]:
    """Returns conversations by SMS, the one with the newest message first."""
    rows = Received.objects.filter(accepted=True, message__kind="sms").order_by("-pk")[:TEXTS]
    found: dict[str, Thread] = {}
    for row in rows:
        found.setdefault(row.recipient, Thread(row.recipient)).messages.insert(0, row)
    return list(found.values())


def mails() -> list[dict[str, Any]]:
    fields = ("id", "received_at", "message__from", "message__to", "message__subject")
    return list(_mails().values(*fields)[:MAILS])


def mail(wanted: int | None) -> Received | None:
    """Returns the mail asked for, or the newest."""
    rows = _mails().defer("raw")
    return rows.filter(pk=wanted).first() if wanted else rows.first()


def requests() -> QuerySet[Received]:
    """Newest first, with the beginning of each as `shown` and its whole `length`."""
    rows = Received.objects.defer("raw", "message").order_by("-pk")
    says = Left(KT("message__text"), SAYS)
    return rows.annotate(
        shown=Left("raw", RAW), length=Length("raw"), says=says, kind=KT("message__kind")
    )[:REQUESTS]


def received_after(last: int) -> Iterable[Received]:
    """Oldest first, at most 500."""
    return Received.objects.filter(pk__gt=last).order_by("pk")[:JSON_ROWS]


def accounts() -> list[SandboxAccount]:
    """Those that point here, with their faults."""
    kinds = simulated()
    rows = [row for row in ProviderAccount.objects.filter(kind__in=kinds) if _is_ours(row)]
    faults: dict[str, list[Fault]] = {row.slug: [] for row in rows}
    for fault in Fault.objects.filter(account__in=faults):
        faults[fault.account].append(fault)
    order = sorted(rows, key=lambda row: (kinds.index(row.kind), row.slug))
    return [SandboxAccount(row.slug, row.kind, faults[row.slug]) for row in order]


def _mails() -> QuerySet[Received]:
    return Received.objects.filter(accepted=True, message__kind="email").order_by("-pk")


def _is_ours(row: ProviderAccount) -> bool:
    if row.kind != "smtp":
        return row.endpoint.startswith(settings.SANDBOX_URL.rstrip("/") + "/")
    try:
        url = urlsplit(row.endpoint)
        host = url.hostname or str(row.settings.get("host", ""))
        port = url.port or int(row.settings.get("port") or 0)
    except ValueError:
        return False
    return host in LOOPBACK and port == settings.SANDBOX_SMTP_PORT
