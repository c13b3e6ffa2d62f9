"""Signs of life of what runs by itself."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """One row says when a named tick last came to its end, on database time."""

    name = models.CharField(max_length=80, primary_key=True)
    beat_at = models.DateTimeField()
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at:%Y-%m-%d %H:%M:%S}"
