"""The shop's web push, and Ada's own webhook and Slack channel, all at the sandbox."""

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from channels.accounts.credentials import account_upsert
from channels.models import App, ProviderAccount
from notifications.demo.accounts import kept, pem
from notifications.demo.people import EXTERNAL_ID
from preferences.addresses.addresses import hash_of
from preferences.models import ContactPoint, Recipient
from preferences.recipients.webhooks import slack_register, webhook_register

PATHS = {"webhook": "orders", "slack": "services/T0DEMO/B0DEMO/ada"}


def seed_web_push() -> None:
    defaults = {"name": "Shop on the web", "channel": "web_push", "platform": "web"}
    account_upsert(
        slug="demo-web-push",
        channel="web_push",
        kind="vapid",
        app=App.objects.get_or_create(slug="shop-web", defaults=defaults)[0],
        endpoint=f"{settings.SANDBOX_URL}/demo-web-push",
        credentials=kept("demo-web-push", _vapid_key),
        settings={"subject": "mailto:push@shop.example"},
    )


def seed_receivers() -> None:
    """Where Ada gets them. Accounts that send nothing: with them, the sandbox knows the webhook's
    secret, and can be told to misbehave."""
    ada = Recipient.objects.filter(external_id=EXTERNAL_ID, erased_at=None).first()
    if ada is None:
        return
    _forget_old(ada)
    added = webhook_register(external_id=EXTERNAL_ID, url=_url("webhook"))
    slack_register(external_id=EXTERNAL_ID, url=_url("slack"))
    secret = {"secret": added.secret} if added.secret else kept("demo-webhook", dict)
    _receiver("webhook", secret)
    _receiver("slack", {})


def _receiver(kind: str, credentials: dict[str, str]) -> None:
    slug, endpoint = f"demo-{kind}", f"{settings.SANDBOX_URL}/demo-{kind}"
    account_upsert(slug=slug, channel=kind, kind=kind, endpoint=endpoint, credentials=credentials)
    ProviderAccount.objects.filter(slug=slug).update(enabled=False)


def _forget_old(ada: Recipient) -> None:
    """Those at a port the sandbox had in an earlier run."""
    for kind, path in PATHS.items():
        row = ProviderAccount.objects.filter(slug=f"demo-{kind}").first()
        if row and f"{row.endpoint}/{path}" != _url(kind):
            old = hash_of(kind, f"{row.endpoint}/{path}")
            ContactPoint.objects.filter(recipient=ada, channel=kind, address_hash=old).delete()


def _url(kind: str) -> str:
    return f"{settings.SANDBOX_URL}/demo-{kind}/{PATHS[kind]}"


def _vapid_key() -> dict[str, str]:
    return {"private_key": pem(ec.generate_private_key(ec.SECP256R1()))}
