"""What an erasure has to find: whose a file is, and who was named in vain.

Files from before have no owner (0, as if they were several people's): they expire within days. The
index has no entry for a notification that named nobody in vain, which is nearly all; it is made
partition by partition, without holding up a write.
"""

from django.db import migrations, models

FIND = (
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'notification'::regclass AND NOT i.inhdetachpending"
)
ON = "USING gin (unknown_recipients) WHERE unknown_recipients <> '{}'"


def index_unknown(apps, schema_editor):
    run = schema_editor.connection.cursor
    with run() as cursor:
        cursor.execute(FIND)
        children = [row[0] for row in cursor.fetchall()]
        for child in children:
            name = f"{child}_unknown"
            cursor.execute(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{child}" {ON}')
        # Finds those just made, and has nothing left to build.
        cursor.execute(f"CREATE INDEX IF NOT EXISTS notification_unknown ON notification {ON}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0005_guard_complaints")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="recipient_id",
            field=models.BigIntegerField(
                editable=False, help_text="The only person it goes to; 0: several.", null=True
            ),
        ),
        migrations.RunSQL("UPDATE attachment SET recipient_id = 0", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="attachment", name="sha256"),
        migrations.RunPython(index_unknown, migrations.RunPython.noop),
    ]
