from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        import celery_app  # noqa: F401 - so that `current_app` is ours in every process
        from notifications.inbound_mail import checks  # noqa: F401 - registers them
        from notifications.operations import worker_signals  # noqa: F401 - connects Celery's signals

        _extend_preferences()
        _extend_templates()
        _extend_core()
        post_migrate.connect(_make_partitions, sender=self)


def _extend_preferences() -> None:
    from notifications.accept.marketing_rules import of_type
    from notifications.admin.person import tables
    from notifications.history.person_copy import messages_of
    from preferences import extension_points as points
    from preferences.centre.data_copy import data_copy_sections

    data_copy_sections.register("messages", messages_of)
    points.person_tables.register("notifications", tables)
    points.type_requirements.register("marketing", of_type)


def _extend_templates() -> None:
    from notifications.accept.marketing_rules import of_template
    from notifications.services import send_test
    from templates import extension_points as points
    from templates.versions.review import message_requirements

    sender = points.TestSender(types=send_test.types, reach=send_test.reach, send=send_test.send)
    message_requirements.register("marketing", of_template)
    points.person_facts.register("notifications", send_test.person_facts)
    points.test_sender.register("notifications", sender)


def _extend_core() -> None:
    """An erasure's steps are gone through in this order."""
    from notifications.dispatch.consumers import silent
    from notifications.dispatch.worker_processes import ended
    from notifications.erasure import log, segment_rules, staff_texts, texts
    from notifications.erasure.run import erase_now
    from notifyproj.core import erasures, health

    health.silent_queues.register("notifications", silent)
    health.ended_workers.register("notifications", ended)
    erasures.afterwards.register("notifications", erase_now)
    for name, step in (
        ("listed", log.listed),
        ("broadcasts", log.broadcasts),
        ("unknown", log.unknown),
        ("dead_addresses", texts.dead_addresses),
        ("unread_callbacks", texts.unread_callbacks),
        ("evidence", texts.evidence),
        ("segment_rules", segment_rules.step),  # the audit log hears of it, so before that
        *texts.steps(),
        ("staff_texts", staff_texts.report),
    ):
        erasures.steps.register(name, step)


def _make_partitions(**_: Any) -> None:
    """After every `migrate`, also one that changes nothing: a data folder may be a month old."""
    from notifications.partitions import ensure_partitions
    from notifyproj.core.clock import now

    ensure_partitions(now().date())
