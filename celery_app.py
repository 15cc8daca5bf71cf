"""The Celery application: `celery -A celery_app worker ...`."""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection

from notifications.beat_schedule import BEAT_SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifyproj.settings")

LONGEST_PAUSE = 2.0  # seconds between two tries to reach a broker that is away; kombu's is 30


class BrokerConnection(Connection):
    """A worker is back at work soon after the broker is, however long that was away."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        return super().ensure_connection(*args, **{"interval_max": LONGEST_PAUSE, **options})


class Amqp(AMQP):
    Connection = BrokerConnection


app = Celery("notify", amqp=Amqp)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
# Else Celery closes the database connection before and after every task: a new backend, with
# cold caches, for each. What is broken is closed by notifications/operations/worker_signals.py.
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000
app.autodiscover_tasks()
