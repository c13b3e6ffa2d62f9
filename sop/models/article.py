"""Procedures and their versions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from sop.vocabulary import (
    NOTE_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    ArticleState,
    article_number,
    minutes_to_read,
)
from tickets.models import Category


class Article(models.Model):
    """One row is a procedure, through all its versions.

    ``current_version`` is the newest text, ``published_version`` the one that was approved: readers are
    shown the approved one, writers go on from the newest. ``title`` and ``summary`` are those of the version
    that readers are shown. ``revision`` counts every change, for writers who saw an earlier one.
    """

    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    summary = models.CharField(_("summary"), max_length=SUMMARY_LENGTH, blank=True, default="")
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("owner"), help_text=_("Who keeps this procedure true."),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=10, choices=ArticleState, default=ArticleState.DRAFT)
    is_public = models.BooleanField(
        _("shown to requesters"), default=False, help_text=_("Once published, requesters find it before they ask.")
    )
    current_version = models.ForeignKey("ArticleVersion", on_delete=models.PROTECT, null=True, related_name="+")
    published_version = models.ForeignKey("ArticleVersion", on_delete=models.PROTECT, null=True, related_name="+")
    source_name = models.CharField(max_length=80, blank=True, default="")
    source_path = models.CharField(max_length=300, blank=True, default="")
    source_sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="article_newest"),
            models.Index(fields=["state", "-updated_at", "-id"], name="article_state_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ArticleState.values), name="article_known_state"),
            models.CheckConstraint(
                condition=~models.Q(state=ArticleState.PUBLISHED) | models.Q(published_version__isnull=False),
                name="published_article_has_version",
            ),
            models.UniqueConstraint(
                fields=["source_name", "source_path"],
                condition=~models.Q(source_path=""),
                name="one_article_per_source_path",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        return article_number(self.pk)

    @property
    def is_published(self) -> bool:
        return self.state == ArticleState.PUBLISHED

    @property
    def has_unpublished_text(self) -> bool:
        """Whether a newer version waits to be published."""
        return self.published_version_id is not None and self.published_version_id != self.current_version_id


class ArticleVersion(models.Model):
    """One row is a text of a procedure as somebody saved it. Rows are never changed or removed; a trigger refuses it.

    ``number`` counts 1, 2, 3 … within a procedure. ``body_html`` is the cleaned rendering of ``body``.
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=TITLE_LENGTH)
    summary = models.CharField(max_length=SUMMARY_LENGTH, blank=True, default="")
    body = models.TextField()
    body_html = models.TextField()
    change_note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    author_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["article_id", "number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="versions_are_totally_ordered")]

    def __str__(self) -> str:
        return f"{article_number(self.article_id)} v{self.number}"

    @property
    def minutes(self) -> int:
        return minutes_to_read(self.body)


class ArticleEvent(models.Model):
    """One row is one thing that happened to a procedure. Rows are never changed or removed; a trigger refuses it."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=120)
    source = models.CharField(max_length=16)
    occurred_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["article", "id"], name="event_of_article")]

    def __str__(self) -> str:
        return f"{article_number(self.article_id)} {self.kind}"


class ArticleSearch(models.Model):
    """One row is what full-text search knows of the text of a procedure that readers are shown."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="+")
    document = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["document"], name="article_search_document", fastupdate=False)]
