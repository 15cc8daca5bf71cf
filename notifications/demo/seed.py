"""Write the demo's rows. Again is harmless: what is there stays as it was made or changed."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from notifications.demo.accounts import seed_accounts
from notifications.demo.campaign import seed_campaign
from notifications.demo.mail_accounts import seed_mail_accounts
from notifications.demo.people import seed_people
from notifications.demo.receivers import seed_receivers, seed_web_push
from notifications.demo.shoppers import seed_shoppers
from notifications.demo.texts import TEMPLATES
from notifyproj.core.api import authentication
from notifyproj.core.models import ApiKey, Scope, Service
from preferences.models import NotificationType
from templates.models import MessageTemplate
from templates.versions.services import version_draft, version_publish

ADMIN = "admin"
TYPES: dict[str, dict[str, Any]] = {
    "order_confirmed": {
        "name": "Order confirmed",
        "channels": ["push", "email", "sms", "inbox", "webhook", "slack"],
        "max_priority": "high",
        "on_uncertain": "resend",
        "template": "order-confirmation",
    },
    "login_code": {
        "name": "Login code",
        "channels": ["sms", "email"],
        "max_priority": "high",
        "mandatory": True,
        "passes_quiet_hours": True,
        "on_uncertain": "resend",
        "sensitive": True,
        "ttl_seconds": 300,
        "template": "login-code",
    },
    "security_alert": {
        "name": "Security alert",
        "channels": ["push", "email", "sms", "inbox"],
        "max_priority": "high",
        "mandatory": True,
        "passes_quiet_hours": True,
        "on_uncertain": "resend",
        "template": "security-alert",
    },
    "weekly_offers": {
        "name": "Weekly offers",
        "legal_class": "marketing",
        "channels": ["email", "push", "sms"],
        "opt_in_channels": ["sms"],
        "max_priority": "low",
        "track_opens": True,
        "track_clicks": True,
        "template": "weekly-offers",
    },
}


@transaction.atomic
def seed(*, api_key: str, admin_password: str) -> None:
    seed_service(api_key)
    seed_admin(admin_password)
    seed_accounts()
    seed_mail_accounts()
    seed_templates()
    seed_types()
    seed_people()
    seed_shoppers()
    seed_campaign()
    seed_web_push()
    seed_receivers()


def seed_service(secret: str) -> None:
    """The shop, which may do everything with `secret` and nothing with an older demo key."""
    shop, _ = Service.objects.get_or_create(slug="shop", defaults={"name": "Shop"})
    digest = authentication.digest_of(secret)
    ApiKey.objects.filter(service=shop, name="demo").exclude(hash=digest).delete()
    defaults = {"service": shop, "name": "demo", "hint": secret[-4:], "scopes": Scope.values}
    ApiKey.objects.update_or_create(hash=digest, defaults={**defaults, "revoked_at": None})


def seed_admin(password: str) -> None:
    user, _ = get_user_model().objects.get_or_create(
        username=ADMIN, defaults={"is_staff": True, "is_superuser": True}
    )
    if not user.check_password(password):  # hashing anew would end open sessions
        user.set_password(password)
        user.save(update_fields=["password"])


def seed_templates() -> None:
    for slug, (name, versions) in TEMPLATES.items():
        template, created = MessageTemplate.objects.get_or_create(
            slug=slug, defaults={"name": name}
        )
        for parts in versions if created else ():
            version_publish(version=version_draft(template=template, parts=parts))


def seed_types() -> None:
    for slug, values in TYPES.items():
        NotificationType.objects.get_or_create(slug=slug, defaults=values)
