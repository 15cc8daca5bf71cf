from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    """The admin as one product. Last of the apps: by then, the permissions of all are made."""

    name = "notifyproj.desk"
    label = "desk"

    def ready(self) -> None:
        post_migrate.connect(_keep_roles, sender=self)


def _keep_roles(**_: Any) -> None:
    from notifyproj.desk.roles import roles_sync

    roles_sync()
