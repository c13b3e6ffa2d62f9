"""The words of reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

DESK_SCOPE = "desk"
"""The whole desk; a report of a team would be ``team:3``."""


class Unit(models.TextChoices):
    COUNT = "count", _("Count")
    SECONDS = "seconds", _("Seconds")
    SHARE = "share", _("Share")
    SCORE = "score", _("Score")


class Better(models.TextChoices):
    """Which way a figure should go; of some none is better."""

    HIGHER = "higher", _("Higher is better")
    LOWER = "lower", _("Lower is better")
    NEITHER = "", _("Neither is better")
