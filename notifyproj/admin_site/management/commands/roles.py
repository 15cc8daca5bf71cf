from typing import Any

from django.core.management.base import BaseCommand

from notifyproj.admin_site.roles import ROLES, roles_sync


class Command(BaseCommand):
    help = "Brings the groups of the four roles in step with notifyproj/admin_site/roles.py."

    def handle(self, *args: Any, **options: Any) -> None:
        roles_sync()
        self.stdout.write(f"In step: {', '.join(ROLES)}.")
