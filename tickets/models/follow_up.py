"""What happens to a ticket by itself when nobody answers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.models import DueRow
from tickets.models.ticket import Ticket
from tickets.vocabulary import FollowUpKind


class FollowUp(DueRow):
    """One row is the next step a waiting ticket takes at ``due_at`` unless somebody writes before."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=FollowUpKind)
    step = models.PositiveSmallIntegerField(default=1)

    class Meta(DueRow.Meta):
        verbose_name = _("follow-up")
