"""Telling many users at once of a trouble that many meet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput, NotFound
from puo_desk.kernel.text import normalise_text
from tickets.models import KnownIncident


@transaction.atomic
def publish_incident(
    *, title: str, public_summary: str, keywords: str, category_id: int | None, actor: Actor, now: datetime
) -> KnownIncident:
    """Tell users of an incident: it is shown to whoever types a request that sounds like it.

    Raises: NotPermitted, InvalidInput.
    """
    require(actor, "incident.manage")
    title, public_summary = normalise_text(title).strip(), normalise_text(public_summary).strip()
    errors: dict[str, list[Any]] = {
        name: [_("Write this first.")]
        for name, text in (("title", title), ("public_summary", public_summary))
        if not text
    }
    if len(title) > 160:
        errors["title"] = [_("Keep this below %(limit)d characters.") % {"limit": 160}]
    if errors:
        raise InvalidInput(errors)
    return KnownIncident.objects.create(
        title=title,
        public_summary=public_summary,
        keywords=normalise_text(keywords)[:300],
        category_id=category_id,
        started_at=now,
        created_by_id=actor.user_id,
    )


@transaction.atomic
def end_incident(*, incident_id: int, actor: Actor, now: datetime) -> KnownIncident:
    """Say that an incident is over. Ending it twice keeps who did so first, and when.

    Raises: NotPermitted, NotFound.
    """
    require(actor, "incident.manage")
    incident = KnownIncident.objects.select_for_update().filter(pk=incident_id).first()
    if incident is None:
        raise NotFound
    if incident.ended_at is None:
        incident.ended_at = max(now, incident.started_at)
        incident.ended_by_id = actor.user_id
        incident.save(update_fields=["ended_at", "ended_by"])
    return incident
