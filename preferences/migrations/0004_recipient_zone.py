"""Campaigns walk the people of one zone after the other. Built beside the running system."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("preferences", "0003_consent")]
    operations = [
        AddIndexConcurrently(
            model_name="recipient",
            index=models.Index(fields=["timezone", "id"], name="recipient_zone"),
        )
    ]
