from contextlib import suppress
from typing import Any

from django.apps import AppConfig
from django.db import DatabaseError, transaction
from django.db.models.signals import post_migrate


class TemplatesConfig(AppConfig):
    name = "templates"
    label = "message_templates"
    verbose_name = "Message templates"

    def ready(self) -> None:
        from templates import checks  # noqa: F401 - registers them

        post_migrate.connect(_alert_about_schemas, sender=self)


def _alert_about_schemas(**_: Any) -> None:
    """After every `migrate`: an update may have narrowed what a schema may say."""
    from templates.versions.partly_enforced import alert

    with suppress(DatabaseError), transaction.atomic():  # migrated back: the columns are not there
        alert()
