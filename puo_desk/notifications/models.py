"""The outbox: what people are told, one row for each person and channel."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.models import DueRow
from puo_desk.notifications.vocabulary import Channel


class Notification(DueRow):
    """One row tells one person one thing by one channel.

    What is told is kept as a kind and its facts, and becomes words in the reader's language when it is
    read or sent. A mail is ``waiting`` until sent, then ``done``; ``stopped`` when a newer state made it
    pointless; ``quarantined`` when it could not be delivered and waits for a person. In the desk a row is
    ``done`` from the start: being there is being told.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    kind = models.CharField(_("kind"), max_length=48)
    dedupe = models.CharField(max_length=200)
    about = models.CharField(_("about"), max_length=80, blank=True)
    supersedes_key = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    letter = models.UUIDField(
        null=True, blank=True, help_text=_("The mail that carries this row; several rows may share one.")
    )
    created_at = models.DateTimeField(_("created"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created_at", "-id"]
        indexes = [
            *DueRow.Meta.indexes,
            models.Index(fields=["recipient", "-id"], name="notification_list", condition=Q(channel="in_app")),
            models.Index(fields=["recipient"], name="notification_unread", condition=Q(channel="in_app", read_at=None)),
            models.Index(fields=["recipient", "-sent_at"], name="notification_mail", condition=Q(channel="mail")),
            models.Index(fields=["letter"], name="notification_letter", condition=Q(letter__isnull=False)),
            models.Index(
                fields=["recipient", "supersedes_key"],
                name="notification_superseding",
                condition=~Q(supersedes_key="") & Q(read_at=None),
            ),
        ]
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["recipient", "channel", "dedupe"], name="one_telling"),
            models.CheckConstraint(
                condition=Q(channel="mail") | Q(state="done"), name="in_app_is_delivered_by_being_there"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.channel} · {self.recipient_id}"
