"""What is said on a ticket, and the files that come with it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.ticket import Ticket
from tickets.vocabulary import Channel, MessageKind


class Message(models.Model):
    """One row is something said: by the requester, to the requester, or among agents only.

    ``body_html`` is the cleaned rendering of ``body``, made once when it is written.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=10, choices=MessageKind)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    author_label = models.CharField(max_length=120)
    body = models.TextField()
    body_html = models.TextField()
    channel = models.CharField(max_length=16, choices=Channel, default=Channel.WEB)
    external_id = models.CharField(max_length=80, blank=True, default="")
    created_at = models.DateTimeField()
    event_seq = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["ticket", "id"], name="message_of_ticket")]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_message_per_external_id",
            )
        ]

    @property
    def is_public(self) -> bool:
        return self.kind != MessageKind.NOTE


class Attachment(models.Model):
    """One row is a stored file. It hangs in the air (no message) between its upload and the sending."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    field_key = models.CharField(max_length=40, blank=True, default="", help_text=_("The form field it answers."))
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.UUIDField(unique=True)
    file_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["created_at"], condition=models.Q(message=None), name="attachment_unsent")]


class Draft(models.Model):
    """One row is what somebody has typed and not sent, one for the reply and one for the note."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=MessageKind)
    body = models.TextField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user", "kind"], name="one_draft_per_kind")]
