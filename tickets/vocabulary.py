"""The words of tickets: categories of status, ways in, sizes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StatusCategory(models.TextChoices):
    """The four meanings a status can have in code, however many statuses a desk invents."""

    OPEN = "open", _("Open")
    PENDING = "pending", _("Pending")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


ACTIVE = (StatusCategory.OPEN.value, StatusCategory.PENDING.value)
SOLVED = (StatusCategory.RESOLVED.value, StatusCategory.CLOSED.value)


class WaitingOn(models.TextChoices):
    """Whom a pending ticket waits for."""

    NOBODY = "", _("Nobody")
    REQUESTER = "requester", _("Requester")
    THIRD_PARTY = "third_party", _("Third party")
    ENGINEERING = "engineering", _("Engineering")


class Priority(models.IntegerChoices):
    P1 = 1, "P1"
    P2 = 2, "P2"
    P3 = 3, "P3"
    P4 = 4, "P4"


class Impact(models.IntegerChoices):
    """How much of the work is hit."""

    HIGH = 1, _("Many teams")
    MEDIUM = 2, _("My team")
    LOW = 3, _("Only me")


class Urgency(models.IntegerChoices):
    """How much of the work stands still."""

    HIGH = 1, _("No, we are stopped")
    MEDIUM = 2, _("Partly")
    LOW = 3, _("Yes")


class Channel(models.TextChoices):
    WEB = "web", _("Web form")
    API = "api", _("API")
    CHAT = "chat", _("Chat")
    IM = "im", _("Instant message")
    MAIL = "mail", _("Mail")
    PHONE = "phone", _("Phone")
    SELF_SERVICE = "self_service", _("Self service")
    DIRECT = "direct", _("In person")
    OTHER = "other", _("Other")


class MessageKind(models.TextChoices):
    REQUESTER = "requester", _("Requester message")
    REPLY = "reply", _("Public reply")
    NOTE = "note", _("Internal note")
    AUTOMATIC = "automatic", _("Automatic message")


class FieldKind(models.TextChoices):
    TEXT = "text", _("Text")
    CHOICE = "choice", _("Choice")
    MULTI_CHOICE = "multi_choice", _("Several choices")
    DATE = "date", _("Date")
    URL = "url", _("Link")
    FILE = "file", _("File")


class LinkKind(models.TextChoices):
    RELATED = "related", _("Related to")
    DUPLICATE = "duplicate", _("Duplicate of")
    PARENT = "parent", _("Parent of")
    CAUSED_BY = "caused_by", _("Caused by")


class FollowUpKind(models.TextChoices):
    """What happens by itself when nobody answers."""

    CHASE = "chase", _("Ask the requester again")
    RESOLVE = "resolve", _("Resolve without an answer")
    CLOSE = "close", _("Close what was resolved")


NUMBER_PREFIX = "PUO"
SUBJECT_LENGTH = 200
BODY_LENGTH = 100_000
PREVIEW_LENGTH = 140
COUNT_CAP = 1_000
"""Live counts stop here and show "1000+": counting every open row on each view costs more than it tells."""


def ticket_number(ticket_id: int) -> str:
    """The number people say: 1042 → ``PUO-1042``."""
    return f"{NUMBER_PREFIX}-{ticket_id}"


def parse_ticket_number(text: str) -> int | None:
    """The id behind ``PUO-1042``, ``puo-1042`` or ``1042``; None when it is no number."""
    digits = text.strip().upper().removeprefix(f"{NUMBER_PREFIX}-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None
