"""Addresses that a service or an operator says nothing is sent to, by the address itself."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from channels.base import Channel
from notifyproj.core import clock
from notifyproj.core.api.errors import InvalidFields
from preferences.addresses import addresses
from preferences.consent import withdrawals
from preferences.consent.withdrawals import Statement, Stopped
from preferences.models import Suppression
from preferences.suppressions.suppressions import KEYWORD


def suppression_add(
    *, channel: str, address: str, reason: str, source: str, evidence: dict[str, Any] | None = None
) -> bool:
    """Whether it is new; the first reason stays. Raises InvalidFields."""
    statement = _statement(channel, address, {**(evidence or {}), "reason": reason})
    _check(channel, address)
    with transaction.atomic():
        known = _rows(statement).exclude(source=KEYWORD).exists()
        if not known:
            withdrawals.suppress([Stopped(statement, reason)], source)
    return not known


def suppression_remove(
    *, channel: str, address: str, reason: str, source: str, evidence: dict[str, Any] | None = None
) -> bool:
    """Whether there was one. Raises InvalidFields."""
    row = suppression_find(channel=channel, address=address)
    if row is None:
        return False
    said = {**(evidence or {}), "reason": reason, "was": [row.reason, row.source]}
    with transaction.atomic():
        return withdrawals.lift(_statement(channel, address, said), source, None)


def suppression_lift(*, row: Suppression, source: str, evidence: dict[str, Any]) -> bool:
    """Whether it was still there. The proof says what it had been."""
    said = {**evidence, "was": [row.reason, row.source]}
    statement = Statement(row.channel, bytes(row.address_hash), clock.now(), said)
    with transaction.atomic():
        return withdrawals.lift(statement, source, None)


def suppression_find(*, channel: str, address: str) -> Suppression | None:
    """Also of what could not be sent to any more. Raises InvalidFields."""
    row = _rows(_statement(channel, address, {})).first()
    if row is None:
        _check(channel, address)
    return row


def _rows(statement: Statement) -> QuerySet[Suppression]:
    hashes = [statement.address_hash, *statement.former]
    return Suppression.objects.filter(channel=statement.channel, address_hash__in=hashes)


def _statement(channel: str, address: str, evidence: dict[str, Any]) -> Statement:
    if channel not in set(Channel):
        raise InvalidFields({"channel": f"`channel` must be one of {', '.join(Channel)}."})
    hash_ = addresses.hash_of(channel, address)
    former = addresses.former_hashes_of(channel, address)
    return Statement(
        channel=channel, address_hash=hash_, at=clock.now(), evidence=evidence, former=former
    )


def _check(channel: str, address: str) -> None:
    try:
        addresses.normalise(channel, address)
    except addresses.InvalidAddress as error:
        raise InvalidFields({"address": str(error)}) from None
