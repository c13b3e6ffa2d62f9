"""The words for telling people things."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    IN_APP = "in_app", _("In the desk")
    MAIL = "mail", _("Mail")


class Tone(models.TextChoices):
    """How a notification looks: by need of action, never by colour alone."""

    PLAIN = "", _("Plain")
    WARN = "warn", _("Warning")
    BREACH = "breach", _("Breach")
    OK = "ok", _("Good news")


UNREAD_CAP = 99
"""The bell counts so far and then says “99+”: nobody reads the number behind it."""

DIGEST_WINDOW = timedelta(minutes=5)
"""After a mail to a person, what is not urgent waits this long and then goes as one mail."""

FORGOTTEN_AFTER = timedelta(days=90)
"""How long what was told stays on the notifications page; what happened stays in the ticket's own history."""

KEPT_FOR = timedelta(hours=72)
"""How long an undelivered mail is tried before it is set aside (promise P4)."""
