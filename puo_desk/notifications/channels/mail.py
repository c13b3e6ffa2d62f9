"""Writing and sending letters by mail."""

from __future__ import annotations

import smtplib
import zoneinfo
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from puo_desk.accounts.models import User
from puo_desk.notifications.operations.deliver import Letter
from puo_desk.notifications.rules.delivery import Fault
from puo_desk.notifications.wording import word

DIGEST_SHOWS = 50
"""A digest spells out so many; the rest is a number and a link."""


def compose(letter: Letter, reader: User) -> EmailMessage:
    """The letter in the reader's language and zone: one notification, or a digest of several."""
    with translation.override(reader.language), timezone.override(zoneinfo.ZoneInfo(reader.time_zone)):
        entries = [
            {"wording": word(row.kind, row.facts), "url": _absolute(row.url), "created_at": row.created_at}
            for row in letter.rows
        ]
        subject = entries[0]["wording"].title  # type: ignore[attr-defined]
        if len(entries) > 1:
            subject = _("%(count)d notifications: %(first)s") % {"count": len(entries), "first": subject}
        told = {
            "reader": reader,
            "entries": entries[:DIGEST_SHOWS],
            "more": max(0, len(entries) - DIGEST_SHOWS),
            "desk_name": settings.DESK_NAME,
            "list_url": _absolute("/notifications/"),
        }
        body = render_to_string("notifications/mail.txt", told)
    return EmailMessage(
        subject=subject[:180],
        body=body,
        to=[reader.email],
        headers={
            "Message-ID": message_id(letter),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )


def message_id(letter: Letter) -> str:
    """The same letter has the same Message-ID however often it is sent."""
    return f"<{letter.id.hex}@{urlsplit(settings.DESK_URL).hostname or 'desk.invalid'}>"


def _absolute(path: str) -> str:
    return f"{settings.DESK_URL}{path}" if path else ""


def send(message: EmailMessage, connection: BaseEmailBackend) -> None:
    """Send over an open connection. Raises what the mail server or the network raises."""
    message.connection = connection
    if not message.send(fail_silently=False):
        raise smtplib.SMTPException("The mail had no address to go to.")


def fault_of(error: Exception) -> Fault:
    """Whose fault a failure to send was: a temporary answer or a lost line is the channel's."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [int(code) for code, _reason in error.recipients.values()]
        return Fault.LETTER if any(code >= 500 for code in answers) else Fault.CHANNEL
    if isinstance(error, smtplib.SMTPResponseException):
        return Fault.LETTER if error.smtp_code >= 500 else Fault.CHANNEL
    if isinstance(error, smtplib.SMTPException | OSError):
        return Fault.CHANNEL
    return Fault.LETTER


def lost_the_line(error: Exception) -> bool:
    """Whether the connection is of no more use after this failure."""
    return isinstance(error, smtplib.SMTPServerDisconnected | OSError) and not isinstance(
        error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused
    )
