from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        import celery_app  # noqa: F401 - so that `current_app` is ours in every process
        from notifications.history.person_copy import messages_of
        from notifications.inbound_mail import checks  # noqa: F401 - registers them
        from notifications.operations import worker_signals  # noqa: F401 - connects Celery's signals
        from preferences.centre import data_copy as copies

        copies.section("messages", messages_of)
        from notifications.accept import marketing_rules as marketing
        from notifications.dispatch.consumers import silent
        from notifications.dispatch.worker_processes import ended
        from notifications.erasure import connect as erasure
        from notifications.services import send_test as trying
        from notifyproj.core import health

        health.watch_queues(silent)
        health.watch_workers(ended)
        erasure.connect()
        marketing.connect()
        trying.connect()
        post_migrate.connect(_make_partitions, sender=self)


def _make_partitions(**_: Any) -> None:
    """After every `migrate`, also one that changes nothing: a data folder may be a month old."""
    from notifications.partitions import ensure_partitions
    from notifyproj.core.clock import now

    ensure_partitions(now().date())
