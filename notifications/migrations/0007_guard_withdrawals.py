"""What people took back by way of a provider passes the guard, too: noted beside dead addresses.

Columns with constant defaults: no row is rewritten, and both tables are small; what an earlier
version writes meanwhile takes the defaults."""

from django.db import migrations, models

WITHDRAWALS = [
    ("", "Nothing: the address is dead, or unwanted"),
    ("unsubscribed", "Unsubscribed at the provider"),
    ("stop", "Wrote a keyword"),
    ("refused", "A send was refused, as the person had opted out"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_erasure")]

    operations = [
        migrations.AddField(
            model_name="deadcandidate",
            name="withdrawal",
            field=models.CharField(choices=WITHDRAWALS, db_default="", default="", max_length=16),
        ),
        migrations.AddField(
            model_name="deadcandidate",
            name="recipient_id",
            field=models.BigIntegerField(help_text="Who took it back, if known.", null=True),
        ),
        migrations.AddField(
            model_name="deadcandidate",
            name="evidence",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="deadcandidate",
            name="former",
            field=models.BinaryField(
                db_default=b"",
                default=b"",
                help_text="Hashes the address may be stored under, joined.",
            ),
        ),
        migrations.AddField(
            model_name="receipttally",
            name="withdrawn",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="People who unsubscribed by way of the provider.",
            ),
        ),
    ]
