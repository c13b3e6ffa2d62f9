"""What was done to people's rights and to the desk itself: kept for ever, read by auditors."""

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


class DeskEvent(models.Model):
    """One row is one act that belongs to no ticket's history and to no account: a setting changed, a file kept or
    thrown away. Written in the transaction of the act itself; the database refuses to change it.

    ``subject`` is what kind of thing it was done to (``tickets.category``), ``changes`` each value before and after.
    """

    code = models.CharField(_("act"), max_length=40)
    subject = models.CharField(_("kind of thing"), max_length=60)
    subject_id = models.CharField(max_length=40)
    subject_label = models.CharField(_("thing"), max_length=160)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(_("by"), max_length=160)
    source = models.CharField(max_length=16)
    occurred_at = models.DateTimeField(_("at"))
    request_id = models.CharField(max_length=64)
    changes = models.JSONField(_("values before and after"), default=dict)

    class Meta:
        verbose_name = _("desk event")
        verbose_name_plural = _("desk events")
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="desk_event_newest"),
            models.Index(fields=["subject", "subject_id"], name="desk_event_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.subject} {self.subject_id}"
