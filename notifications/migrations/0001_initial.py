"""The log's three tables are made by SQL: Django cannot say PARTITION BY. Columns go from wide to
narrow, so that no row carries padding. The key is the id alone: it is the partition key, too."""

import django.contrib.postgres.fields
from django.db import migrations, models

NOTIFICATION = """
CREATE TABLE notification (
    id uuid PRIMARY KEY,
    service_id bigint NOT NULL,
    type_id bigint NOT NULL,
    template_version_id bigint NOT NULL,
    cursor bigint NOT NULL DEFAULT 0,
    scheduled_at timestamptz,
    expires_at timestamptz NOT NULL,
    due_at timestamptz,
    cancelled_at timestamptz,
    dispatch_no integer NOT NULL DEFAULT 0,
    lane smallint NOT NULL,
    state smallint NOT NULL,
    everyone boolean NOT NULL DEFAULT false,
    channels varchar(16)[] NOT NULL,
    recipient_ids bigint[] NOT NULL,
    unknown_recipients varchar(200)[] NOT NULL DEFAULT '{}',
    collapse_key varchar(200) NOT NULL DEFAULT '',
    metadata jsonb NOT NULL DEFAULT '{}',
    variables bytea NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX notification_due ON notification (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notification_recipients ON notification USING gin (recipient_ids);
CREATE INDEX notification_everyone ON notification (id) WHERE everyone;
"""

DELIVERY = """
CREATE TABLE delivery (
    id uuid PRIMARY KEY,
    notification_id uuid NOT NULL,
    fallback_of uuid,
    recipient_id bigint,
    contact_point_id bigint,
    app_id bigint,
    account_id bigint,
    type_id bigint NOT NULL,
    template_version_id bigint NOT NULL,
    wave_id bigint,
    lease_id bigint,
    due_at timestamptz,
    expires_at timestamptz NOT NULL,
    settled_at timestamptz,
    dispatch_no integer NOT NULL DEFAULT 0,
    lane smallint NOT NULL,
    state smallint NOT NULL,
    outcome smallint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    claims smallint NOT NULL DEFAULT 0,
    crashes smallint NOT NULL DEFAULT 0,
    channel varchar(16) NOT NULL,
    reason varchar(64) NOT NULL DEFAULT '',
    held_by varchar(64),
    unknown_recipient varchar(200)
) PARTITION BY RANGE (id);
CREATE INDEX delivery_due ON delivery (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_held ON delivery (held_by, expires_at) WHERE held_by IS NOT NULL;
"""

ATTEMPT = """
CREATE TABLE attempt (
    delivery_id uuid NOT NULL,
    account_id bigint,
    started_at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    number smallint NOT NULL,
    outcome smallint NOT NULL,
    response_status smallint,
    code varchar(64) NOT NULL DEFAULT '',
    reason varchar(200) NOT NULL DEFAULT '',
    provider_id varchar(200) NOT NULL DEFAULT '',
    response_excerpt varchar(500) NOT NULL DEFAULT '',
    PRIMARY KEY (delivery_id, number)
) PARTITION BY RANGE (delivery_id);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CounterDelta",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(help_text="Of the delivery's creation.")),
                ("campaign_id", models.BigIntegerField(default=0)),
                ("type_id", models.BigIntegerField()),
                ("channel", models.CharField(max_length=16)),
                ("state", models.SmallIntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "db_table": "counter_delta",
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "service_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("service_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=200)),
                ("request_hash", models.BinaryField(max_length=32)),
                ("response", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "idempotency_key",
            },
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("campaign_id", models.BigIntegerField(default=0)),
                ("type_id", models.BigIntegerField()),
                ("channel", models.CharField(max_length=16)),
                ("state", models.SmallIntegerField()),
                ("n", models.BigIntegerField()),
            ],
            options={
                "db_table": "counter",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hour", "campaign_id", "type_id", "channel", "state"),
                        name="counter_cell",
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(NOTIFICATION, "DROP TABLE notification"),
                migrations.RunSQL(DELIVERY, "DROP TABLE delivery"),
                migrations.RunSQL(ATTEMPT, "DROP TABLE attempt"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Attempt",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "delivery_id",
                                "number",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("delivery_id", models.UUIDField()),
                        ("number", models.SmallIntegerField()),
                        ("account_id", models.BigIntegerField(null=True)),
                        ("started_at", models.DateTimeField()),
                        ("duration_ms", models.IntegerField()),
                        (
                            "outcome",
                            models.SmallIntegerField(
                                choices=[
                                    (1, "accepted"),
                                    (2, "delivered"),
                                    (3, "retry"),
                                    (4, "throttled"),
                                    (5, "bad_recipient"),
                                    (6, "rejected"),
                                    (7, "misconfigured"),
                                    (8, "uncertain"),
                                ]
                            ),
                        ),
                        ("code", models.CharField(default="", max_length=64)),
                        (
                            "reason",
                            models.CharField(
                                default="", help_text="Safe to show to anybody.", max_length=200
                            ),
                        ),
                        ("provider_id", models.CharField(default="", max_length=200)),
                        ("response_status", models.SmallIntegerField(null=True)),
                        (
                            "response_excerpt",
                            models.CharField(
                                default="", help_text="For operators.", max_length=500
                            ),
                        ),
                    ],
                    options={
                        "db_table": "attempt",
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("notification_id", models.UUIDField()),
                        (
                            "recipient_id",
                            models.BigIntegerField(
                                help_text="Null: nobody of that name.", null=True
                            ),
                        ),
                        ("unknown_recipient", models.CharField(max_length=200, null=True)),
                        ("contact_point_id", models.BigIntegerField(null=True)),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("push", "push"),
                                    ("web_push", "web push"),
                                    ("email", "email"),
                                    ("sms", "sms"),
                                    ("inbox", "inbox"),
                                    ("webhook", "webhook"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("app_id", models.BigIntegerField(null=True)),
                        (
                            "account_id",
                            models.BigIntegerField(help_text="Of the last attempt.", null=True),
                        ),
                        ("type_id", models.BigIntegerField()),
                        ("template_version_id", models.BigIntegerField()),
                        (
                            "lane",
                            models.SmallIntegerField(
                                choices=[(0, "urgent"), (1, "normal"), (2, "bulk")]
                            ),
                        ),
                        (
                            "state",
                            models.SmallIntegerField(
                                choices=[
                                    (10, "waiting"),
                                    (20, "sending"),
                                    (25, "awaiting receipt"),
                                    (30, "sent"),
                                    (40, "failed"),
                                    (50, "skipped"),
                                    (60, "expired"),
                                    (70, "cancelled"),
                                    (80, "uncertain"),
                                ]
                            ),
                        ),
                        (
                            "outcome",
                            models.SmallIntegerField(
                                choices=[
                                    (0, ""),
                                    (20, "sent"),
                                    (25, "deferred"),
                                    (40, "delivered"),
                                    (50, "opened"),
                                    (60, "clicked"),
                                    (70, "bounced"),
                                ],
                                default=0,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                default="", help_text="A code of reasons.py.", max_length=64
                            ),
                        ),
                        (
                            "attempts",
                            models.SmallIntegerField(default=0, help_text="Tries that count."),
                        ),
                        (
                            "claims",
                            models.SmallIntegerField(
                                default=0, help_text="Times a worker took it."
                            ),
                        ),
                        (
                            "crashes",
                            models.SmallIntegerField(default=0, help_text="Leases lost in a row."),
                        ),
                        ("dispatch_no", models.IntegerField(default=0)),
                        ("lease_id", models.BigIntegerField(null=True)),
                        ("due_at", models.DateTimeField(null=True)),
                        (
                            "held_by",
                            models.CharField(
                                help_text="Why due_at is infinity.", max_length=64, null=True
                            ),
                        ),
                        ("expires_at", models.DateTimeField()),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("fallback_of", models.UUIDField(null=True)),
                        ("wave_id", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "db_table": "delivery",
                    },
                ),
                migrations.CreateModel(
                    name="Notification",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("service_id", models.BigIntegerField()),
                        ("type_id", models.BigIntegerField()),
                        ("template_version_id", models.BigIntegerField()),
                        (
                            "lane",
                            models.SmallIntegerField(
                                choices=[(0, "urgent"), (1, "normal"), (2, "bulk")]
                            ),
                        ),
                        (
                            "state",
                            models.SmallIntegerField(
                                choices=[
                                    (5, "scheduled"),
                                    (10, "accepted"),
                                    (20, "resolved"),
                                    (30, "cancelled"),
                                    (40, "expired"),
                                ]
                            ),
                        ),
                        (
                            "channels",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("push", "push"),
                                        ("web_push", "web push"),
                                        ("email", "email"),
                                        ("sms", "sms"),
                                        ("inbox", "inbox"),
                                        ("webhook", "webhook"),
                                    ],
                                    max_length=16,
                                ),
                                size=None,
                            ),
                        ),
                        (
                            "recipient_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                help_text="The audience, if listed.",
                                size=None,
                            ),
                        ),
                        (
                            "unknown_recipients",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=200), default=list, size=None
                            ),
                        ),
                        (
                            "everyone",
                            models.BooleanField(
                                default=False, help_text="The audience is every recipient."
                            ),
                        ),
                        (
                            "variables",
                            models.BinaryField(help_text="Encrypted JSON; see services.variables."),
                        ),
                        ("collapse_key", models.CharField(default="", max_length=200)),
                        ("metadata", models.JSONField(default=dict)),
                        ("scheduled_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField()),
                        (
                            "cursor",
                            models.BigIntegerField(
                                default=0, help_text="How far the audience is resolved."
                            ),
                        ),
                        (
                            "due_at",
                            models.DateTimeField(help_text="When to go on resolving.", null=True),
                        ),
                        ("dispatch_no", models.IntegerField(default=0)),
                        ("cancelled_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "notification",
                    },
                ),
            ],
        ),
    ]
