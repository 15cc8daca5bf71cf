"""`manage.py feedback_address SLUG`: where feedback loops report complaints about its mail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from channels.base import Channel
from channels.models import ProviderAccount
from notifications.inbound_mail import signed_addresses


class Command(BaseCommand):
    help = "Print the address to give to feedback loops for an e-mail account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="of a provider account of channel email")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        account = ProviderAccount.objects.filter(slug=slug, channel=Channel.EMAIL).first()
        if account is None:
            raise CommandError(f"There is no e-mail account {slug!r}.")
        address = signed_addresses.feedback(account.pk)
        if not address:
            raise CommandError("BOUNCE_ADDRESS is not set: we take no mail.")
        self.stdout.write(address)
