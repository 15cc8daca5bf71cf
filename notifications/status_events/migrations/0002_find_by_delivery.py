"""An erasure finds what is told of somebody's deliveries."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("status_events", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="statusevent",
            index=models.Index(
                fields=["delivery_id"],
                condition=models.Q(delivery_id__isnull=False),
                name="status_event_delivery",
            ),
        ),
    ]
