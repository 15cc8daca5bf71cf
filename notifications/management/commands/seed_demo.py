from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from environs import EnvError

from notifications.demo.seed import seed
from notifyproj.env import secret


class Command(BaseCommand):
    help = "Fill the sandbox with a shop, its messages and one customer. May be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("The demo is for the sandbox only: set SANDBOX=1")
        seed(api_key=required("DEMO_API_KEY"), admin_password=required("DEMO_ADMIN_PASSWORD"))


def required(name: str) -> str:
    try:
        value = secret.str(name)
    except EnvError as error:
        raise CommandError(f"{name} is not set") from error
    if not value:
        raise CommandError(f"{name} is empty")
    return value
