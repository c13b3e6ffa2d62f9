"""Which procedure was used on which ticket, and whether it helped."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sop.models.article import Article, ArticleVersion
from sop.vocabulary import Outcome, UseKind
from tickets.models import Ticket


class ArticleUse(models.Model):
    """One row says that a version of a procedure was used on a ticket, and what became of it.

    ``is_stated`` tells that a person said the outcome; otherwise it follows from the ticket's own events.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="uses")
    version = models.ForeignKey(ArticleVersion, on_delete=models.PROTECT, related_name="uses")
    kind = models.CharField(max_length=8, choices=UseKind)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    applied_by_label = models.CharField(max_length=120)
    applied_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.UNKNOWN)
    is_stated = models.BooleanField(default=False)
    outcome_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("use of a procedure")
        ordering = ["id"]
        indexes = [models.Index(fields=["article", "-applied_at"], name="use_of_article")]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "version"], name="one_use_per_version"),
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="use_known_outcome"),
            models.CheckConstraint(
                condition=models.Q(outcome=Outcome.UNKNOWN) | models.Q(outcome_at__isnull=False),
                name="outcome_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} on {self.ticket_id}"
