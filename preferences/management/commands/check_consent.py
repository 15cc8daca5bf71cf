"""`manage.py check_consent`: is what people want what the record of consent says?"""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from preferences.consent import verify

SHOWN = 1_000


class Command(BaseCommand):
    help = (
        "Derives what everybody wants from the record of consent and compares it with what is "
        "stored. Prints what differs; exit code 1 if anything does."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for line in chain(map(str, verify.differences()), verify.addresses_sent_to()):
            count += 1
            if count <= SHOWN:
                self.stdout.write(line)
        if count:
            raise CommandError(f"{count:,} differ from the record of consent.", returncode=1)
        self.stdout.write("What is stored is what the record of consent says.")
