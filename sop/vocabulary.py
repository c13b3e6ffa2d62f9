"""The words of procedures: states, ways of use, outcomes, sizes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ArticleState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


class UseKind(models.TextChoices):
    """How a procedure came into a reply."""

    TEXT = "text", _("As text")
    LINK = "link", _("As link")


class Outcome(models.TextChoices):
    """What became of a ticket on which a procedure was used."""

    UNKNOWN = "unknown", _("Not known yet")
    SOLVED = "solved", _("Solved it")
    NOT_SOLVED = "not_solved", _("Did not solve it")
    REOPENED = "reopened", _("Solved, then came back")


NUMBER_PREFIX = "SOP"
TITLE_LENGTH = 200
SUMMARY_LENGTH = 300
NOTE_LENGTH = 300
BODY_LENGTH = 100_000
WORDS_PER_MINUTE = 200
EFFECT_DAYS = 90
"""How far back the question "does it work?" looks."""


def article_number(article_id: int) -> str:
    """The number people say: 12 → ``SOP-12``."""
    return f"{NUMBER_PREFIX}-{article_id}"


def parse_article_number(text: str) -> int | None:
    """The id behind ``SOP-12``, ``sop-12`` or ``12``; None when it is no number."""
    digits = text.strip().upper().removeprefix(f"{NUMBER_PREFIX}-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def minutes_to_read(text: str) -> int:
    """About how many minutes a text takes to read, at least one."""
    return max(1, round(len(text.split()) / WORDS_PER_MINUTE))
