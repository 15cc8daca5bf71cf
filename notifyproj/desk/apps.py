from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    """The admin as one product. Last of the apps: by then, the tables and permissions of all are
    made."""

    name = "notifyproj.desk"
    label = "desk"

    def ready(self) -> None:
        post_migrate.connect(_keep_in_step, sender=self)


def _keep_in_step(**_: Any) -> None:
    from notifyproj.desk.roles import roles_sync
    from notifyproj.desk.watched import watch_sync

    roles_sync()
    watch_sync()
