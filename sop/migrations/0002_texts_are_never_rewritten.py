"""What was saved and what happened stays as it was: versions and events refuse to be rewritten."""

from django.db import migrations

FORBID = """
CREATE FUNCTION sop_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER sop_articleversion_append_only BEFORE UPDATE OR DELETE ON sop_articleversion
    FOR EACH ROW EXECUTE FUNCTION sop_refuse_rewriting();
CREATE TRIGGER sop_articleevent_append_only BEFORE UPDATE OR DELETE ON sop_articleevent
    FOR EACH ROW EXECUTE FUNCTION sop_refuse_rewriting();
"""
ALLOW = """
DROP TRIGGER sop_articleversion_append_only ON sop_articleversion;
DROP TRIGGER sop_articleevent_append_only ON sop_articleevent;
DROP FUNCTION sop_refuse_rewriting();
"""


class Migration(migrations.Migration):
    dependencies = [("sop", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
