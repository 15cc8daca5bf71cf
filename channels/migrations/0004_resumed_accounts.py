from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0003_failing_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="provideraccount",
            name="resumed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="retry_now",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="What waits for it is to be due at once.",
            ),
        ),
    ]
