"""The ticket and what hangs on it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import Team
from tickets.models.classification import Category, KnownIncident, Status
from tickets.vocabulary import (
    ACTIVE,
    SUBJECT_LENGTH,
    Channel,
    Impact,
    LinkKind,
    Priority,
    StatusCategory,
    Urgency,
    ticket_number,
)

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Sorts what has no instant behind all that has one, with an index that keyset paging can walk."""

_ACTIVE_ROWS = models.Q(status_category__in=ACTIVE)


class Ticket(models.Model):
    """One row is a request from its opening to its close, as its events say it stands now.

    ``next_due_at`` is the soonest instant by which the desk still owes something, and
    ``next_due_metric`` its name: written by whoever keeps promises, read by the queue. Whether a ticket is
    at risk or late follows from the instants and the clock, so it is true even before any sweep ran.
    """

    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("requester")
    )
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assignee"),
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    status = models.ForeignKey(Status, on_delete=models.PROTECT, related_name="+", verbose_name=_("status"))
    status_category = models.CharField(max_length=10, choices=StatusCategory)
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel, default=Channel.WEB)
    form_answers = models.JSONField(default=dict)
    tag_names = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    incident = models.ForeignKey(KnownIncident, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    first_replied_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Since when the requester waits for an answer; empty when the desk does not owe one."),
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_count = models.PositiveIntegerField(default=0)
    reassigned_count = models.PositiveIntegerField(default=0)

    next_due_at = models.DateTimeField(null=True, blank=True)
    next_due_metric = models.CharField(max_length=20, blank=True, default="")
    at_risk_at = models.DateTimeField(null=True, blank=True)
    due_order = models.GeneratedField(
        expression=Coalesce("next_due_at", models.Value(NEVER)), output_field=models.DateTimeField(), db_persist=True
    )
    waiting_order = models.GeneratedField(
        expression=Coalesce("waiting_since", models.Value(NEVER)), output_field=models.DateTimeField(), db_persist=True
    )

    preview = models.CharField(max_length=160, blank=True, default="")
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    rating_comment = models.TextField(blank=True, default="")
    rated_at = models.DateTimeField(null=True, blank=True)

    external_source = models.CharField(max_length=40, blank=True, default="")
    external_id = models.CharField(max_length=80, blank=True, default="")
    external_scope = models.PositiveBigIntegerField(
        null=True, editable=False, help_text=_("Whose ids these are: the desk's, or those of one person who asks.")
    )
    version = models.PositiveIntegerField(default=1)
    last_event_seq = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        indexes = [
            models.Index(fields=["due_order", "id"], condition=_ACTIVE_ROWS, name="ticket_active_due"),
            models.Index(fields=["waiting_order", "id"], condition=_ACTIVE_ROWS, name="ticket_active_waiting"),
            models.Index(fields=["-id"], condition=_ACTIVE_ROWS, name="ticket_active_newest"),
            models.Index(fields=["assignee", "due_order", "id"], condition=_ACTIVE_ROWS, name="ticket_assignee_due"),
            models.Index(fields=["team", "due_order", "id"], condition=_ACTIVE_ROWS, name="ticket_team_due"),
            models.Index(
                fields=["due_order", "id"],
                condition=_ACTIVE_ROWS & models.Q(assignee=None),
                name="ticket_unassigned_due",
            ),
            models.Index(
                fields=["due_order", "id"], condition=models.Q(status_category="pending"), name="ticket_pending_due"
            ),
            # With due_order at hand, a ticket that is late since the last sweep is passed over without a look at it.
            models.Index(
                fields=["at_risk_at"],
                include=["due_order"],
                condition=_ACTIVE_ROWS & models.Q(at_risk_at__isnull=False),
                name="ticket_at_risk_due",
            ),
            models.Index(fields=["requester", "-id"], name="ticket_requester_newest"),
            models.Index(fields=["incident"], condition=models.Q(incident__isnull=False), name="ticket_incident"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_id", "external_scope"],
                condition=~models.Q(external_id=""),
                name="one_ticket_per_external_id",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(status_category__in=StatusCategory.values), name="ticket_known_category"
            ),
            models.CheckConstraint(condition=models.Q(priority__range=(1, 4)), name="ticket_known_priority"),
            models.CheckConstraint(
                condition=models.Q(impact__range=(1, 3), urgency__range=(1, 3)), name="ticket_known_impact"
            ),
            models.CheckConstraint(
                condition=models.Q(rating=None) | models.Q(rating__range=(1, 5)), name="ticket_rating_1_to_5"
            ),
            models.CheckConstraint(
                condition=models.Q(status_category__in=ACTIVE)
                | models.Q(resolved_at__isnull=False)
                | models.Q(closed_at__isnull=False),
                name="solved_ticket_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    @property
    def number(self) -> str:
        return ticket_number(self.pk)

    @property
    def is_active(self) -> bool:
        return self.status_category in ACTIVE


class TicketSearch(models.Model):
    """One row is what full-text search knows of a ticket: what a requester may find, and all of it."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="+")
    public_document = SearchVectorField()
    full_document = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["public_document"], name="ticket_search_public", fastupdate=False),
            GinIndex(fields=["full_document"], name="ticket_search_full", fastupdate=False),
        ]


class Watcher(models.Model):
    """One row says that somebody who works at the desk wants to be told of a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="one_watch_per_person")]


class TicketLink(models.Model):
    """One row ties a ticket to another one."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_to")
    kind = models.CharField(max_length=12, choices=LinkKind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="one_link_per_kind"),
            models.CheckConstraint(condition=~models.Q(ticket=models.F("other")), name="no_link_to_itself"),
        ]


class ReadMark(models.Model):
    """One row is how far somebody has read a ticket's history."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_read_mark_per_person")]
