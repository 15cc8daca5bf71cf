"""Whose a segment is. Those from before are everybody's, as they were."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_audit_erasure"), ("segments", "0004_undo_uploads")]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="service",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="Whose it is; empty: everybody's.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="core.service",
            ),
        ),
    ]
