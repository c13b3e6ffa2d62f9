"""The history refuses to be rewritten, and a new desk begins with the statuses its code speaks of."""

from django.db import migrations

FORBID = """
CREATE FUNCTION tickets_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ticket events are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tickets_ticketevent_append_only BEFORE UPDATE OR DELETE ON tickets_ticketevent
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_rewriting();
"""
ALLOW = """
DROP TRIGGER tickets_ticketevent_append_only ON tickets_ticketevent;
DROP FUNCTION tickets_refuse_rewriting();
"""

# code, name, category, waiting_on, is_default
STATUSES = [
    ("new", "New", "open", "", True),
    ("in_progress", "In progress", "open", "", False),
    ("waiting_requester", "Waiting on requester", "pending", "requester", True),
    ("waiting_third_party", "Waiting on third party", "pending", "third_party", False),
    ("with_engineering", "With engineering", "pending", "engineering", False),
    ("resolved", "Resolved", "resolved", "", True),
    ("closed", "Closed", "closed", "", True),
]


def add_statuses(apps, schema_editor):
    Status = apps.get_model("tickets", "Status")
    for position, (code, name, category, waiting_on, is_default) in enumerate(STATUSES):
        Status.objects.get_or_create(
            code=code,
            defaults={
                "name": name, "category": category, "waiting_on": waiting_on,
                "is_default": is_default, "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(FORBID, ALLOW),
        migrations.RunPython(add_statuses, migrations.RunPython.noop),
    ]
