"""Answers kept for callers that ask twice."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """One row is the answer to a write that an actor named with a key (promise P2).

    It is written in the transaction of the effect: there is no row for an effect that did not happen, and
    no effect without its row. A write still running is known by its advisory lock, which a killed
    process loses.
    """

    actor_key = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    target = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor_key", "key"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["expires_at"], name="idempotencykey_expiry")]

    def __str__(self) -> str:
        return f"{self.target} → {self.status}"
