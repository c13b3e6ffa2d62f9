"""A ticket that is late is no longer at risk: what the sweep now writes, for those that were late before."""

from django.db import migrations

_CLEAR = "UPDATE tickets_ticket SET at_risk_at = NULL WHERE at_risk_at IS NOT NULL AND next_due_at < now()"


class Migration(migrations.Migration):
    dependencies = [("escalations", "0002_first_promises"), ("tickets", "0001_initial")]

    operations = [migrations.RunSQL(_CLEAR, migrations.RunSQL.noop)]
