from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.operations.key_rotation import rotate_all


class Command(BaseCommand):
    help = (
        "Put every key and credential under the newest key of FIELD_ENCRYPTION_KEYS. "
        "After it has succeeded, the older keys can be dropped."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        done = rotate_all()
        if done.failed:
            for name in done.failed:
                self.stderr.write(name)
            shown = ", ".join(done.failed[:20])
            text = f"{len(done.failed):,} could not be opened by any key, all named above: {shown}"
            raise CommandError(text)
        return (
            f"{done.recipients} recipients, {done.accounts} provider accounts and"
            f" {done.notifications} notifications rotated."
        )
