from django.db import migrations, models

# Renaming a column of the parent renames it in every partition; neither rewrites a row. Nullable
# and without a default: nor does adding one.
ARMS = """
ALTER TABLE delivery RENAME COLUMN wave_id TO arm_id;
ALTER TABLE delivery ADD COLUMN ready_at timestamptz;
ALTER TABLE attempt ADD COLUMN latency_ms integer;
"""
UNDO = """
ALTER TABLE attempt DROP COLUMN latency_ms;
ALTER TABLE delivery DROP COLUMN ready_at;
ALTER TABLE delivery RENAME COLUMN arm_id TO wave_id;
"""
# Old workers go on for some seconds after this, and what they count must not fail with all they
# have to record. A later release drops these.
OLD_WORKERS = """
ALTER TABLE counter_delta ADD COLUMN campaign_id bigint, ADD COLUMN state smallint;
CREATE FUNCTION counter_delta_of_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.measure := NEW.state;
    RETURN NEW;
END $$;
CREATE TRIGGER counter_delta_of_before BEFORE INSERT ON counter_delta
    FOR EACH ROW WHEN (NEW.state IS NOT NULL) EXECUTE FUNCTION counter_delta_of_before();
ALTER TABLE counter ADD COLUMN state smallint
    GENERATED ALWAYS AS (CASE WHEN measure < 100 THEN measure END) STORED;
"""
NO_OLD_WORKERS = """
ALTER TABLE counter DROP COLUMN state;
DROP TRIGGER counter_delta_of_before ON counter_delta;
DROP FUNCTION counter_delta_of_before();
ALTER TABLE counter_delta DROP COLUMN campaign_id, DROP COLUMN state;
"""
CELL = ["hour", "arm_id", "type_id", "channel", "account_id", "measure", "reason"]
TABLES = ("counter", "counterdelta")


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_consent"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ARMS, UNDO)],
            state_operations=[
                migrations.RenameField("delivery", "wave_id", "arm_id"),
                migrations.AlterField(
                    model_name="delivery",
                    name="arm_id",
                    field=models.BigIntegerField(
                        help_text="Of the campaign's run; null: of none.", null=True
                    ),
                ),
                migrations.AddField(
                    model_name="delivery",
                    name="ready_at",
                    field=models.DateTimeField(help_text="When it could first go.", null=True),
                ),
                migrations.AddField(
                    model_name="attempt",
                    name="latency_ms",
                    field=models.IntegerField(
                        help_text="From ready_at to the answer, if it was taken.", null=True
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint("counter", "counter_cell"),
        *[migrations.RenameField(table, "campaign_id", "arm_id") for table in TABLES],
        *[
            migrations.AlterField(table, "arm_id", models.BigIntegerField(db_default=0, default=0))
            for table in TABLES
        ],
        *[migrations.RenameField(table, "state", "measure") for table in TABLES],
        *[
            migrations.AddField(
                table, "account_id", models.BigIntegerField(db_default=0, default=0)
            )
            for table in TABLES
        ],
        *[
            migrations.AddField(
                table, "reason", models.CharField(db_default="", default="", max_length=40)
            )
            for table in TABLES
        ],
        migrations.AlterField("counterdelta", "n", models.BigIntegerField()),
        migrations.RunSQL(OLD_WORKERS, NO_OLD_WORKERS),
        migrations.AddConstraint(
            "counter", models.UniqueConstraint(fields=CELL, name="counter_cell")
        ),
        migrations.AddIndex(
            "counter",
            models.Index(
                condition=models.Q(("arm_id__gt", 0)), fields=["arm_id"], name="counter_arm"
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="state",
            field=models.SmallIntegerField(
                choices=[
                    (5, "scheduled"),
                    (10, "accepted"),
                    (15, "paused"),
                    (20, "resolved"),
                    (30, "cancelled"),
                    (40, "expired"),
                ]
            ),
        ),
    ]
