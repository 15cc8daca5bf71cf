"""The index of the unread count tells whose a message is; it takes the old one's place, so that
writing a message costs no more. Both are built and dropped beside readers and writers."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inbox", "0002_sent_by_service")]

    operations = [
        AddIndexConcurrently(
            model_name="inboxitem",
            index=models.Index(
                fields=["recipient_id", "-created_at", "-id"],
                condition=models.Q(read_at__isnull=True, archived_at__isnull=True),
                include=["service_id"],
                name="inbox_unread_sent",
            ),
        ),
        RemoveIndexConcurrently(model_name="inboxitem", name="inbox_unread"),
    ]
