"""Which form of an address a suppression's hash was made of. Constant defaults rewrite nothing; the
index, empty at first, is built beside the running system."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("preferences", "0005_names")]
    operations = [
        migrations.AddField(
            model_name="suppression",
            name="hash_version",
            field=models.PositiveSmallIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="suppression",
            name="superseded_by",
            field=models.BinaryField(
                editable=False,
                help_text="The same address's present hash.",
                max_length=32,
                null=True,
            ),
        ),
        AddIndexConcurrently(
            model_name="suppression",
            index=models.Index(
                condition=models.Q(superseded_by__isnull=False),
                fields=["superseded_by"],
                name="suppression_superseded",
            ),
        ),
    ]
