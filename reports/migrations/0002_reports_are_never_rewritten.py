"""What was reported stays as it was reported: a correction is a new version."""

from django.db import migrations

FORBID = """
CREATE FUNCTION reports_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reports stay as they were built; build the day again' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER reports_dailyreport_as_built BEFORE UPDATE OR DELETE ON reports_dailyreport
    FOR EACH ROW EXECUTE FUNCTION reports_refuse_rewriting();
CREATE TRIGGER reports_reportticketset_as_built BEFORE UPDATE OR DELETE ON reports_reportticketset
    FOR EACH ROW EXECUTE FUNCTION reports_refuse_rewriting();
"""
ALLOW = """
DROP TRIGGER reports_reportticketset_as_built ON reports_reportticketset;
DROP TRIGGER reports_dailyreport_as_built ON reports_dailyreport;
DROP FUNCTION reports_refuse_rewriting();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
