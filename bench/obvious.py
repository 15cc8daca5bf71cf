"""The obvious implementation: one Celery task a message, the ORM step by step, a blocking client.

Not a straw man: it keeps its database and HTTPS connections, and reads addresses through the
same encryption. It is a Celery app of its own: `celery -A bench.obvious worker`.
"""

import os
from functools import lru_cache
from typing import ClassVar

import django
import requests
from celery import Celery
from django.conf import settings
from django.db import connection, models
from django.template import Context, Template

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifyproj.settings")
django.setup()

from preferences.addresses.addresses import open_data_key, unseal  # noqa: E402 - after the set-up
from preferences.models import ContactPoint, Preference, Recipient  # noqa: E402

QUEUE = "obvious"
TITLE = "{{ name }}, your parcel {{ order_id }}"
BODY = (
    "{% if express %}Express: {% endif %}{{ items }} items for {{ total }} leave on {{ day }}."
    " Follow it in the app."
)

BROKER = f"{settings.REDIS_URL.rpartition('/')[0]}/1"  # a database of its own
app = Celery("obvious", broker=BROKER, set_as_current=False)
app.conf.update(task_ignore_result=True, task_default_queue=QUEUE)


class Message(models.Model):
    recipient_id = models.BigIntegerField()
    variables = models.JSONField()
    status = models.CharField(max_length=16, default="queued")
    objects: ClassVar[models.Manager["Message"]] = models.Manager()

    class Meta:
        app_label = "bench"
        db_table = "bench_message"

    def __str__(self) -> str:
        return str(self.pk)


class MessageLog(models.Model):
    message_id = models.BigIntegerField()
    status_code = models.IntegerField()
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    objects: ClassVar[models.Manager["MessageLog"]] = models.Manager()

    class Meta:
        app_label = "bench"
        db_table = "bench_message_log"

    def __str__(self) -> str:
        return str(self.pk)


@lru_cache(maxsize=1)
def session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False  # REQUESTS_CA_BUNDLE would win over `verify`
    made.verify = os.environ["OBVIOUS_CA"]
    return made


@app.task(name="obvious.send")
def send(message_id: int) -> None:
    message = Message.objects.get(pk=message_id)
    recipient = Recipient.objects.get(pk=message.recipient_id)
    refused = Preference.objects.filter(recipient=recipient, channel="push", enabled=False)
    if refused.exists():
        message.status = "skipped"
        message.save()
        return
    context = Context(message.variables)
    alert = {"title": Template(TITLE).render(context), "body": Template(BODY).render(context)}
    response = session().post(
        f"{os.environ['OBVIOUS_URL']}/3/device/{token_of(recipient)}",
        json={"aps": {"alert": alert}},
        headers={"apns-id": f"obvious-{message.pk}", "apns-topic": "com.example.bench"},
        timeout=10,
    )
    message.status = "sent" if response.status_code == 200 else "failed"
    message.save()
    MessageLog.objects.create(
        message_id=message.pk, status_code=response.status_code, text=response.text[:300]
    )


def token_of(recipient: Recipient) -> str:
    point = ContactPoint.objects.get(recipient=recipient, channel="push")
    key = open_data_key(bytes(recipient.data_key or b""), recipient.external_id)
    return unseal(key, recipient.pk, bytes(point.address_hash), bytes(point.address))


def create_tables() -> None:
    with connection.schema_editor() as editor:
        for model in (Message, MessageLog):
            editor.execute(f"DROP TABLE IF EXISTS {model._meta.db_table}")
            editor.create_model(model)
