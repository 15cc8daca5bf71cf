"""Whom the benchmark writes to: people with devices, through the real services."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from bench.stand_in.certificates import new_key, pem_of
from channels.accounts.credentials import account_upsert
from channels.models import App
from notifyproj.core import clock
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import Scope, Service
from preferences.models import NotificationType, Preference, QuietHours, Recipient
from preferences.recipients.schemas import Device, ImportLine
from preferences.recipients.services import recipients_upsert_bulk
from templates.models import MessageTemplate
from templates.versions.services import template_create, version_draft, version_publish

CAMPAIGN, CODE = "bench-campaign", "bench-code"  # types, templates
CODE_READER = "reader-of-codes"
HIGH_RATE = 1_000_000  # a second: never reached, but the lease is asked for
ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Asia/Tokyo")
LOCALES = ("en", "de-AT", "pt-BR")
SHARES = {"a preference": 0.05, "opted out": 0.01, "quiet hours": 0.01}
ROUTES_SEEN = 1.5  # seconds until every process sees a changed account
CAMPAIGN_PARTS = {
    "push": {
        "default": {
            "title": "{{ name }}, your parcel {{ order_id }}",
            "body": "{% if express %}Express: {% endif %}{{ items }} items for {{ total }} leave"
            " on {{ day }}. Follow it in the app.",
        }
    }
}
CODE_PARTS = {"push": {"default": {"title": "Your code", "body": "{{ code }} is your code."}}}
CAMPAIGN_VARIABLES = {
    "name": "Dear customer",
    "order_id": "ORD-98765",
    "express": True,
    "items": 3,
    "total": "$142.50",
    "day": "June 27",
}


@dataclass(frozen=True, slots=True)
class World:
    service_id: int
    api_key: str
    campaign_type_id: int
    people: int
    ca: str  # PEM


def build(people: int, ca: str, prompt_url: str) -> World:
    """What is there already (`--keep`) stays; the log is emptied."""
    service = Service.objects.filter(slug="bench").first() or service_create(
        slug="bench", rate_per_second=10_000_000
    )
    _, secret = api_key_create(service=service, scopes=[Scope.SEND, Scope.READ])
    campaign = _type(CAMPAIGN, CAMPAIGN_PARTS, max_priority="low")
    _type(CODE, CODE_PARTS, max_priority="high", passes_quiet_hours=True, ttl_seconds=300)
    for slug in (CAMPAIGN, CODE):
        App.objects.get_or_create(
            slug=slug, defaults={"name": slug, "channel": "push", "platform": "ios"}
        )
        point_account(slug, prompt_url, ca)
    _people(people, campaign)
    _empty_log()
    return World(
        service_id=service.pk,
        api_key=secret,
        campaign_type_id=campaign.pk,
        people=Recipient.objects.count(),
        ca=ca,
    )


def point_account(slug: str, url: str, ca: str) -> None:
    """Let the account of that app send to `url`."""
    account_upsert(
        slug=slug,
        channel="push",
        kind="apns",
        app=App.objects.get(slug=slug),
        endpoint=url,
        ca_certificate=ca,
        credentials={"key": KEY, "key_id": "ABCDEFGHIJ", "team_id": "KLMNOPQRST"},
        settings={"topic": "com.example.bench", "environment": "production"},
        rate_per_second=HIGH_RATE,
    )
    time.sleep(ROUTES_SEEN)


KEY = pem_of(new_key()).decode()


def _type(slug: str, parts: dict[str, Any], **fields: object) -> NotificationType:
    if not MessageTemplate.objects.filter(slug=slug).exists():
        template = template_create(slug=slug, name=slug)
        version_publish(version=version_draft(template=template, parts=parts))
    defaults = {"name": slug, "channels": ["push"], "on_uncertain": "resend", **fields}
    return NotificationType.objects.update_or_create(slug=slug, defaults=defaults)[0]


def _people(wanted: int, campaign: NotificationType) -> None:
    if Recipient.objects.count() != wanted + 1:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE recipient CASCADE")
        recipients_upsert_bulk(_line(n) for n in range(wanted))
        _reader(campaign)
        _choices(campaign)
    _quiet_hours()
    with connection.cursor() as cursor:
        for table in ("recipient", "contact_point", "preference", "quiet_hours"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def _line(n: int) -> ImportLine:
    token = hashlib.sha256(b"bench:%d" % n).hexdigest()
    return ImportLine(
        external_id=f"user-{n}",
        locale=LOCALES[n % len(LOCALES)],
        timezone=ZONES[n % len(ZONES)],
        attributes={"plan": "plus" if n % 3 else "basic"},
        devices=[Device(token=token, platform="ios", app=CAMPAIGN, app_version="4.2.0")],
    )


def _reader(campaign: NotificationType) -> None:
    """Gets codes and no campaigns: those would go through the account of the codes."""
    device = Device(token="c0de" * 16, platform="ios", app=CODE)
    recipients_upsert_bulk([ImportLine(external_id=CODE_READER, devices=[device])])
    reader = Recipient.objects.get(external_id=CODE_READER)
    Preference.objects.create(recipient=reader, type=campaign, channel="push", enabled=False)


def _choices(campaign: NotificationType) -> None:
    """5 % said yes, 1 % said no, 1 % have quiet hours."""
    rows = (
        Preference(recipient_id=id_, type=campaign, channel="push", enabled=n % 100 != 50)
        for n, id_ in enumerate(_ids())
        if n % 20 == 3 or n % 100 == 50
    )
    Preference.objects.bulk_create(rows, batch_size=5_000)


def _quiet_hours() -> None:
    """An hour that is not now, in anybody's zone of ours."""
    start = (clock.now() + timedelta(hours=6)).replace(tzinfo=None)
    QuietHours.objects.all().delete()
    rows = (
        QuietHours(recipient_id=id_, start=start.time(), end=(start + timedelta(hours=1)).time())
        for n, id_ in enumerate(_ids())
        if n % 100 == 8  # a person in UTC
    )
    QuietHours.objects.bulk_create(rows, batch_size=5_000)


def _ids() -> Iterator[int]:
    people = Recipient.objects.exclude(external_id=CODE_READER).order_by("id")
    return people.values_list("id", flat=True).iterator(chunk_size=10_000)


def _empty_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE notification, delivery, attempt, idempotency_key, counter, counter_delta,"
            " account_health_delta"
        )
        cursor.execute("CHECKPOINT")
