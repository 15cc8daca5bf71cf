"""The audit log, and the functions that write it. Which tables are watched: notifyproj/admin_site/audited_models.py."""

import django.db.models.functions.datetime
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION audit_write(
    action text, model text, object_id text, label text, changes jsonb, note text
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO audit_entry
        (at, kind, actor, actor_id, ip_hash, action, model, object_id, label, changes, note)
    SELECT clock_timestamp(), coalesce(who->>'kind', 'platform'),
        coalesce(who->>'name', nullif(current_setting('application_name'), ''), 'somebody'),
        (who->>'id')::bigint, decode(who->>'ip', 'hex'),
        action, model, object_id, left(label, 200), changes, note
    FROM (SELECT nullif(current_setting('notify.actor', true), '')::jsonb AS who) asked
$$;

-- What is long is cut: a version of a template is kept whole elsewhere.
CREATE FUNCTION audit_cut(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN length(value::text) <= 2000 THEN value
        ELSE to_jsonb(left(value::text, 2000) || '…') END
$$;

-- Arguments: model, column of the object's id, columns, those of them that are secret.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    row_ jsonb := before || after;
    secret text[] := string_to_array(TG_ARGV[3], ',');
    changes jsonb;
BEGIN
    SELECT jsonb_object_agg(name, CASE
        WHEN name = ANY(secret) THEN '"changed"'::jsonb
        ELSE jsonb_build_array(audit_cut(before->name), audit_cut(after->name)) END)
    INTO changes FROM unnest(string_to_array(TG_ARGV[2], ',')) name
    WHERE coalesce(before->name, 'null') IS DISTINCT FROM coalesce(after->name, 'null');
    IF changes IS NOT NULL THEN
        PERFORM audit_write(
            CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'deleted' ELSE 'changed' END,
            TG_ARGV[0], row_->>TG_ARGV[1],
            coalesce(row_->>'slug', row_->>'name', row_->>'username', row_->>'hint', row_->>'url',
                     ''),
            changes, '');
    END IF;
    RETURN NULL;
END $$;

-- What the admin notes by itself: acts, and forms of tables that no trigger watches.
CREATE FUNCTION audit_of_admin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about text := (SELECT app_label || '.' || model FROM django_content_type
                   WHERE id = NEW.content_type_id);
BEGIN
    IF (NEW.change_message = '' OR starts_with(NEW.change_message, '[')) AND EXISTS (
        SELECT FROM pg_trigger WHERE tgname ~ '^audit_[0-9a-f]{8}$'
            AND starts_with(encode(tgargs, 'escape'), about || '\\000')
    ) THEN
        RETURN NULL;
    END IF;
    PERFORM audit_write(
        CASE WHEN NEW.change_message <> '' AND NOT starts_with(NEW.change_message, '[') THEN 'did'
            WHEN NEW.action_flag = 1 THEN 'added' WHEN NEW.action_flag = 3 THEN 'deleted'
            ELSE 'changed' END,
        about, NEW.object_id, NEW.object_repr, '{}', NEW.change_message);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_of_admin AFTER INSERT ON django_admin_log
    FOR EACH ROW EXECUTE FUNCTION audit_of_admin();

CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_stays();
"""
UNDO = """
DROP TRIGGER audit_entry_stays ON audit_entry;
DROP FUNCTION audit_entry_stays();
DROP TRIGGER audit_of_admin ON django_admin_log;
DROP FUNCTION audit_of_admin();
DROP FUNCTION audit_row() CASCADE;
DROP FUNCTION audit_cut(jsonb);
DROP FUNCTION audit_write(text, text, text, text, jsonb, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_scope_campaigns"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("user", "A person in the admin"),
                            ("key", "A service, by its API key"),
                            ("platform", "The platform, or a command"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "actor",
                    models.CharField(help_text="A login, a service, or a process.", max_length=200),
                ),
                (
                    "actor_id",
                    models.BigIntegerField(help_text="Of the login or the API key.", null=True),
                ),
                ("ip_hash", models.BinaryField(max_length=32, null=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("changed", "Changed"),
                            ("deleted", "Deleted"),
                            ("did", "Did"),
                        ],
                        max_length=10,
                    ),
                ),
                ("model", models.CharField(help_text="app.model", max_length=100)),
                ("object_id", models.CharField(max_length=200)),
                (
                    "label",
                    models.CharField(help_text="What the object was called then.", max_length=200),
                ),
                ("changes", models.JSONField(default=dict, help_text="{column: [before, after]}")),
                (
                    "note",
                    models.TextField(
                        default="", help_text="In words, where an act says more than columns."
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit log",
                "db_table": "audit_entry",
                "indexes": [
                    models.Index(fields=["model", "object_id", "-id"], name="audit_of_object"),
                    models.Index(fields=["actor", "-id"], name="audit_of_actor"),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
