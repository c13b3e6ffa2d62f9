"""Work that is due: the columns, indexes and constraints every table of it shares."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DueState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CLAIMED = "claimed", _("In work")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    QUARANTINED = "quarantined", _("Set aside")


class DueRow(models.Model):
    """One row is something that must happen at ``due_at``, and how far it has come.

    ``waiting`` until due; ``claimed`` while a worker works on the world for it (with a token and an end);
    then ``done``; ``stopped`` when it is no longer wanted; ``quarantined`` when it failed too often and
    waits for a person. A child class keeps the indexes by ``class Meta(DueRow.Meta)``, and adds its own
    with ``indexes = [*DueRow.Meta.indexes, ...]``, constraints alike.
    """

    state = models.CharField(_("state"), max_length=16, choices=DueState, default=DueState.WAITING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claim_token = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["due_at"], name="%(class)s_due", condition=models.Q(state="waiting")),
            models.Index(fields=["claimed_until"], name="%(class)s_held", condition=models.Q(state="claimed")),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_token_while_claimed",
                condition=models.Q(state="claimed", claim_token__isnull=False, claimed_until__isnull=False)
                | (~models.Q(state="claimed") & models.Q(claim_token__isnull=True, claimed_until__isnull=True)),
            )
        ]
