"""A text message on its way, and what its provider says of it later."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from notifications.callbacks.fold.parse import known_days
from notifications.callbacks.receive import certificates
from notifications.callbacks.receive.accounts import callers
from notifications.counters import table as counters
from notifications.counters.cells import Settled, hour_of
from notifications.models import Attempt, Delivery
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from notifyproj.core.ids import uuid7
from preferences.models import ContactPoint, NotificationType, Recipient
from tests.world import contact_point, forget_all

NUMBER = "+15558675310"
SENDER = "+15005550006"
TOKEN = "12345"


class Sms:
    """One delivery of an SMS through a Twilio account, as the log has it."""

    def __init__(self) -> None:
        self.account = twilio_account("twilio-1")
        self.type = NotificationType.objects.create(slug="code", name="Code", channels=["sms"])
        self.person = Recipient.objects.create(external_id="ada", data_key=_key("ada"))
        self.point = contact_point(self.person, "sms", NUMBER)
        self.id = ""
        forget_all()

    def delivery(self, state: State = State.SENT, **fields: Any) -> Delivery:
        """Counted as the pipeline counts it; `claims` tries through the account."""
        made = new_delivery(self, state, **fields)
        self.id = str(made.pk)
        return made


def new_delivery(sms: Sms, state: State, tries: bool = True, **fields: Any) -> Delivery:
    id_ = uuid7(int(now().timestamp() * 1000))
    base: dict[str, Any] = {
        "notification_id": id_,
        "recipient_id": sms.person.pk,
        "contact_point_id": sms.point.pk,
        "channel": "sms",
        "account_id": sms.account.pk,
        "type_id": sms.type.pk,
        "template_version_id": 1,
        "lane": 1,
        "outcome": ProviderOutcome.SENT if state == State.SENT else ProviderOutcome.NONE,
        "claims": 1,
        "attempts": 1,
        "expires_at": now(),
        "settled_at": now() if state >= State.SENT else None,
        "due_at": None if state >= State.SENT else now(),
    }
    made = Delivery.objects.create(id=id_, state=state, **(base | fields))
    if tries:
        for number in range(1, made.claims + 1):
            attempt(made, number, sms.account.pk)
    counted = Settled(
        hour=hour_of(str(id_)),
        arm_id=0,
        type_id=sms.type.pk,
        channel="sms",
        account_id=made.account_id or 0,
        state=state,
        reason=made.reason,
        outcome=made.outcome,
    )
    counters.add([counted.created(), *counted.cells()])
    return made


def attempt(delivery: Delivery, number: int, account_id: int) -> None:
    Attempt.objects.create(
        delivery_id=delivery.pk,
        number=number,
        account_id=account_id,
        started_at=now(),
        duration_ms=1,
        outcome=1,
    )


def twilio_account(slug: str) -> ProviderAccount:
    account = account_upsert(
        slug=slug,
        channel="sms",
        kind="twilio",
        credentials={"account_sid": "AC123", "auth_token": TOKEN},
        settings={"from": SENDER},
    )
    callers.forget()
    return account


@pytest.fixture
def sms(db: None) -> Iterator[Sms]:
    for snapshot in (callers, known_days):
        snapshot.forget()
    certificates.forget()
    yield Sms()
    callers.forget()
    forget_all()


def status_of(sms: Sms, status: str, attempt: int = 1, **form: str) -> tuple[str, dict[str, str]]:
    """(path with query, form) of a status callback."""
    path = f"/hooks/twilio/{sms.account.slug}?delivery={sms.id}&attempt={attempt}"
    base = {"MessageSid": "SM1", "MessageStatus": status, "To": NUMBER, "From": SENDER}
    return path, base | form


def message_from(sms: Sms, text: str, sid: str = "SM9", **form: str) -> tuple[str, dict[str, str]]:
    path = f"/hooks/twilio/{sms.account.slug}"
    return path, {"MessageSid": sid, "From": NUMBER, "To": SENDER, "Body": text} | form


def signature(path: str, form: dict[str, str], token: str = TOKEN) -> str:
    url = settings.PUBLIC_URL + path
    return str(RequestValidator(token).compute_signature(url, form))


def post(path: str, form: dict[str, str], token: str = TOKEN, **headers: str) -> Any:
    """As Twilio would, over the `web` process's route."""
    return Client().post(
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature(path, form, token), **headers},
    )


def point() -> ContactPoint:
    return ContactPoint.objects.get()


def _key(name: str) -> bytes:
    from preferences.addresses.addresses import new_data_key

    return new_data_key(name)
