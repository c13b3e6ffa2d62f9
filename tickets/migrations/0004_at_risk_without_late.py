"""Lets the count of tickets at risk pass over late ones without a look at their rows."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0003_room_for_updates")]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status_category__in", ("open", "pending")), ("at_risk_at__isnull", False)),
                fields=["at_risk_at"],
                include=("due_order",),
                name="ticket_at_risk_due",
            ),
        ),
        RemoveIndexConcurrently(model_name="ticket", name="ticket_at_risk"),
    ]
