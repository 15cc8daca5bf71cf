from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import Scope, Service


class Command(BaseCommand):
    help = "Make an API key for a service (made too, if new) and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("service", help="its slug")
        parser.add_argument("--scopes", default="send,read", help=", ".join(Scope.values))
        parser.add_argument("--name", default="", help="to tell its keys apart")

    def handle(self, *args: Any, **options: Any) -> str:
        scopes = [part.strip() for part in options["scopes"].split(",") if part.strip()]
        try:
            service = Service.objects.filter(slug=options["service"]).first()
            service = service or service_create(slug=options["service"])
            _, secret = api_key_create(service=service, scopes=scopes, name=options["name"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        return secret
