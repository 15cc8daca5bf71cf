"""Whose message it is. Old rows stay empty: a nullable column without a default rewrites nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="inboxitem",
            name="service_id",
            field=models.BigIntegerField(null=True, help_text="Who sent it; null: shown to all."),
        ),
    ]
