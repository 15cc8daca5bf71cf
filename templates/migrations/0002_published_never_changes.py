"""The database itself refuses to change or delete a published version."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION template_version_is_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of template % is published and never changes',
        OLD.number, OLD.template_id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER template_version_never_changes BEFORE UPDATE ON template_version
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION template_version_is_published();
CREATE TRIGGER template_version_stays BEFORE DELETE ON template_version
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION template_version_is_published();
"""
BACKWARD = """
DROP TRIGGER template_version_stays ON template_version;
DROP TRIGGER template_version_never_changes ON template_version;
DROP FUNCTION template_version_is_published();
"""


class Migration(migrations.Migration):
    dependencies = [("message_templates", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
