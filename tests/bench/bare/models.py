"""The one table that the bare view reads."""

from django.db import models


class Ticket(models.Model):
    """One row is a ticket of the desk, of which the bare view knows the subject."""

    subject = models.CharField(max_length=200)

    class Meta:
        app_label = "bare"
        db_table = "tickets_ticket"
        managed = False
