"""Erasures that go on, and the rows that earlier ones left behind: those still had the id of the
person. They get the name of a tombstone, and what the log says of them goes like with any other.
"""

import json

import django.utils.timezone
from django.db import migrations, models

from notifyproj.core import encryption
from notifyproj.core.encryption import lookup_hash

BATCH = 1_000

# What an erasure empties, and nothing else, may still be changed; see erasure/texts.py.
MAY_BE_EMPTIED = """
CREATE OR REPLACE FUNCTION consent_event_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('notify.erasure', true) = 'on' AND NEW.evidence = '{}'
        AND NEW.ip_hash IS NULL AND to_jsonb(NEW) - '{evidence,ip_hash}'::text[]
            = to_jsonb(OLD) - '{evidence,ip_hash}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'consent events are append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""
NEVER = """
CREATE OR REPLACE FUNCTION consent_event_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consent events are append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""


def name_tombstones(apps, schema_editor):
    """In batches, each its own transaction; those that are done are not found again."""
    Recipient = apps.get_model("preferences", "Recipient")
    Erasure = apps.get_model("preferences", "Erasure")
    rows = Recipient.objects.filter(erased_at__isnull=False).order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            if row.external_id.startswith("erased:"):
                continue
            known = {"external_id": row.external_id, "addresses": [], "hashes": []}
            sealed = encryption.ring().wrap(
                json.dumps(known).encode(), f"erasure.sealed:{row.pk}".encode()
            )
            now = django.utils.timezone.now()
            Erasure.objects.get_or_create(
                recipient_id=row.pk,
                defaults={"begun_at": now, "due_at": now, "sealed": sealed},
            )
            name = "erased:" + lookup_hash("erased", row.external_id)[:16].hex()
            Recipient.objects.filter(pk=row.pk).update(external_id=name)
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("preferences", "0007_send_once_more_by_default")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("recipient_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField()),
                (
                    "sealed",
                    models.BinaryField(
                        default=bytes,
                        help_text="Id, addresses and hashes, under the key ring.",
                    ),
                ),
                (
                    "points",
                    models.JSONField(default=list, help_text="[[channel, contact point]]"),
                ),
                (
                    "turn",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of several: see erasure/run.py."
                    ),
                ),
                ("step", models.CharField(default="", max_length=40)),
                ("cursor", models.CharField(default="", max_length=64)),
                ("due_at", models.DateTimeField(db_index=True, null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "erasure"},
        ),
        migrations.RunSQL(MAY_BE_EMPTIED, NEVER),
        migrations.RunPython(name_tombstones, migrations.RunPython.noop),
    ]
