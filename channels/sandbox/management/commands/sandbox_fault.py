"""`sandbox_fault demo-apns throttle --share 0.2 --seconds 5`, `sandbox_fault demo-apns --clear`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from channels.sandbox.kit.faults import KINDS, FaultRule
from channels.sandbox.services import STATUSES, FaultProblem, fault_set, faults_clear


class Command(BaseCommand):
    help = "Make an account's simulator misbehave for a share of its requests."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="the account's slug")
        parser.add_argument("kind", nargs="?", choices=list(KINDS), help="what goes wrong")
        parser.add_argument("--share", type=float, default=1.0, help="0 to 1 (default 1)")
        parser.add_argument("--seconds", type=float, default=5.0, help="of slow and of Retry-After")
        parser.add_argument("--status", type=int, default=503, choices=STATUSES, help="of error")
        parser.add_argument("--clear", action="store_true", help="end all of the account's faults")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("The sandbox is off: set SANDBOX=1")
        account, kind = options["account"], options["kind"]
        if not kind and not options["clear"]:
            raise CommandError(f"Say what goes wrong ({', '.join(KINDS)}), or --clear")
        try:
            if options["clear"]:
                faults_clear(account=account)
            if kind:
                rule = FaultRule(kind, options["share"], options["seconds"], options["status"])
                fault_set(account=account, rule=rule)
        except FaultProblem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{account}: {KINDS[kind] if kind else 'no faults'}")
