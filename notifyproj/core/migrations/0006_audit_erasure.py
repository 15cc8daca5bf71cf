"""An erasure takes somebody's id out of the audit log; who did what, when and to what, stays."""

from django.db import migrations

MAY_BE_SCRUBBED = """
CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('notify.erasure', true) = 'on'
        AND to_jsonb(NEW) - '{label,changes,note}'::text[]
            = to_jsonb(OLD) - '{label,changes,note}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""
STAYS = """
CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0005_scope_templates")]

    operations = [migrations.RunSQL(MAY_BE_SCRUBBED, STAYS)]
