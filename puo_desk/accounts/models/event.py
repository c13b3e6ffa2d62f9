"""What was done to people's rights: kept for ever, read by auditors."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonEvent(models.Model):
    """One row is one act upon a person's account, written in the transaction of the act itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=160)
    source = models.CharField(max_length=16)
    occurred_at = models.DateTimeField()
    request_id = models.CharField(max_length=64)
    changes = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering = ["-occurred_at", "-id"]
        indexes = [models.Index(fields=["user", "-occurred_at"], name="person_event_by_person")]

    def __str__(self) -> str:
        return f"{self.code} · {self.user_id}"
