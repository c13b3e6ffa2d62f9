"""Published versions refuse to be rewritten, and a new desk promises something from its first ticket."""

from datetime import datetime, timezone

from django.db import migrations, models

FORBID = """
CREATE FUNCTION escalations_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'published SLA policy versions are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER escalations_slapolicyversion_is_final BEFORE UPDATE OR DELETE ON escalations_slapolicyversion
    FOR EACH ROW EXECUTE FUNCTION escalations_refuse_rewriting();
"""
ALLOW = """
DROP TRIGGER escalations_slapolicyversion_is_final ON escalations_slapolicyversion;
DROP FUNCTION escalations_refuse_rewriting();
"""

MINUTE, HOUR = 60, 3600
METRICS = ("first_response", "next_response", "resolution")
TARGETS = {
    1: (15 * MINUTE, 30 * MINUTE, 2 * HOUR),
    2: (30 * MINUTE, 1 * HOUR, 8 * HOUR),
    3: (2 * HOUR, 4 * HOUR, 24 * HOUR),
    4: (8 * HOUR, 8 * HOUR, 72 * HOUR),
}
PAUSES_ON = ["requester", "third_party"]
WARN_AT = [50, 75, 90]


def add_standard_policy(apps, schema_editor):
    Calendar, Policy, Target, Version = (
        apps.get_model("escalations", name) for name in ("Calendar", "SlaPolicy", "SlaTarget", "SlaPolicyVersion")
    )
    if Policy.objects.exists():
        return
    calendar, _made = Calendar.objects.get_or_create(name="Always open", defaults={"is_always_open": True})
    # Last in order: whatever a desk adds to it is asked first.
    policy = Policy.objects.create(
        name="Standard", position=1000, calendar=calendar, pauses_on=PAUSES_ON, warn_at=WARN_AT
    )
    targets = {
        priority: dict(zip(METRICS, seconds)) for priority, seconds in TARGETS.items()
    }
    Target.objects.bulk_create(
        Target(policy=policy, priority=priority, metric=metric, seconds=seconds)
        for priority, metrics in targets.items()
        for metric, seconds in metrics.items()
    )
    policy.current_version = Version.objects.create(
        policy=policy,
        number=1,
        match={"team_ids": [], "category_ids": [], "priorities": [], "channels": []},
        definition={
            "calendar": {
                "id": calendar.pk,
                "name": calendar.name,
                "zone": calendar.time_zone,
                "always_open": True,
                "week": [[], [], [], [], [], [], []],
                "holidays": [],
                "yearly_holidays": [],
            },
            "targets": {str(priority): metrics for priority, metrics in targets.items()},
            "pauses_on": PAUSES_ON,
            "warn_at": WARN_AT,
        },
        published_at=datetime.now(timezone.utc),
        published_by_label="setup",
    )
    policy.save(update_fields=["current_version"])


METRIC_CHOICES = [
    ("first_response", "First reply"),
    ("next_response", "Next reply"),
    ("resolution", "Resolution"),
    ("acknowledge", "Acknowledgement"),
    ("answer", "Answer"),
]


class Migration(migrations.Migration):
    dependencies = [("escalations", "0001_initial")]

    operations = [
        migrations.AlterField("slatarget", "metric", models.CharField(choices=METRIC_CHOICES, max_length=20, verbose_name="metric")),
        migrations.AlterField("timer", "metric", models.CharField(choices=METRIC_CHOICES, max_length=20)),
        migrations.RunPython(add_standard_policy, migrations.RunPython.noop),
        migrations.RunSQL(FORBID, ALLOW),
    ]
