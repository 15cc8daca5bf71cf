"""Change how the simulators misbehave."""

from collections.abc import Iterable

from django.db import transaction

from channels.models import ProviderAccount
from channels.sandbox.kit.faults import KINDS, FaultRule
from channels.sandbox.models import Fault
from channels.sandbox.simulators import simulated

STATUSES = (500, 503)
MAX_SECONDS = 600


class FaultProblem(ValueError):
    """What is wrong with a fault, to be shown."""


def fault_set(*, account: str, rule: FaultRule) -> None:
    """Raises FaultProblem."""
    _check_account(account)
    _check(rule)
    values = {"share": rule.share, "seconds": rule.seconds, "status": rule.status}
    Fault.objects.update_or_create(account=account, kind=rule.kind, defaults=values)


def faults_replace(*, account: str, rules: Iterable[FaultRule]) -> None:
    """These and no others. Raises FaultProblem, and then changes nothing."""
    with transaction.atomic():
        faults_clear(account=account)
        for rule in rules:
            fault_set(account=account, rule=rule)


def faults_clear(*, account: str) -> None:
    """Raises FaultProblem for an account that does not exist."""
    _check_account(account)
    Fault.objects.filter(account=account).delete()


def _check_account(account: str) -> None:
    if not ProviderAccount.objects.filter(slug=account, kind__in=simulated()).exists():
        raise FaultProblem(f"There is no sandbox account {account!r}")


def _check(rule: FaultRule) -> None:
    if rule.kind not in KINDS:
        raise FaultProblem(f"Unknown fault {rule.kind!r}: choose one of {', '.join(KINDS)}")
    if not 0 < rule.share <= 1:
        raise FaultProblem("The share must be above 0 % and at most 100 %")
    if not 0 <= rule.seconds <= MAX_SECONDS:
        raise FaultProblem(f"The seconds must be from 0 to {MAX_SECONDS}")
    if rule.status not in STATUSES:
        raise FaultProblem("The status must be 500 or 503")
