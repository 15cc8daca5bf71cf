from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AdminSiteConfig(AppConfig):
    """The admin as one product. Last of the apps: by then, the tables and permissions of all are
    made."""

    name = "notifyproj.admin_site"
    label = "desk"  # a former name; it stays because migrations and permissions refer to it

    def ready(self) -> None:
        post_migrate.connect(_keep_in_step, sender=self)


def _keep_in_step(**_: Any) -> None:
    from notifyproj.admin_site.audited_models import watch_sync
    from notifyproj.admin_site.roles import roles_sync

    roles_sync()
    watch_sync()
