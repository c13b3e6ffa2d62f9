"""The history: append-only, gap-free, the source of timeline, audit, promises and reports."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tickets.models.ticket import Ticket


class TicketEvent(models.Model):
    """One row is one thing that happened to a ticket. Rows are never changed or removed; a trigger refuses it.

    ``seq`` counts 1, 2, 3 … within a ticket. All events of one act share ``request_id``.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=120)
    source = models.CharField(max_length=16)
    occurred_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64)

    class Meta:
        ordering = ["ticket_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["ticket", "seq"], name="events_are_totally_ordered")]
        indexes = [models.Index(fields=["occurred_at", "kind"], name="event_by_time")]

    def __str__(self) -> str:
        return f"{self.ticket_id}:{self.seq} {self.kind}"
