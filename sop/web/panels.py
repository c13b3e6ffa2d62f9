"""What procedures add to the pages of tickets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puo_desk.accounts.policies import may
from puo_desk.kernel.actor import Actor
from sop.queries.effect import Effect, effect_of, list_applied
from sop.queries.picker import suggest_for_ticket
from sop.queries.search import suggest_for
from sop.vocabulary import Outcome
from sop.web.showing import outcome_chip, whole_percent
from tickets.extension import ComposerTool, PanelContext, RequestHelp, TicketPanel, register
from tickets.models import Ticket
from tickets.queries.timeline import Names, register_sentence

TYPED_AT_LEAST = 8


class ProceduresPanel(TicketPanel):
    """Procedures that fit the ticket, those that were used on it, and what became of it."""

    code = "procedures"
    title = gettext_lazy("Procedures")
    template = "sop/_ticket_panel.html"
    act = "article.apply"
    position = 40
    loads_from = "sop:panel"

    def context(self, about: PanelContext) -> Mapping[str, Any]:
        return panel_context(about.ticket, viewer=about.viewer, now=about.now)


def panel_context(ticket: Ticket, *, viewer: Actor, now: datetime) -> dict[str, Any]:
    """The panel's context. At most four queries."""
    applied = list_applied(ticket)
    used = {row.article_id for row in applied}
    fitting = [row for row in suggest_for_ticket(ticket, viewer=viewer) if row.id not in used]
    effects = effect_of([row.id for row in fitting], now=now)
    return {
        "applied": [(row, outcome_chip(row.outcome)) for row in applied],
        "suggested": [(row, whole_percent(effects.get(row.id, Effect()).solved_share)) for row in fitting],
        "may_state": may(viewer, "article.record_outcome"),
    }


class SuggestedProcedures(RequestHelp):
    """Public procedures for what somebody is typing, before it is sent."""

    code = "procedures"
    template = "sop/_request_help.html"

    def context(self, text: str, viewer: Actor) -> Mapping[str, Any] | None:
        if len(text.strip()) < TYPED_AT_LEAST:
            return None
        found = [row for row in suggest_for(text, viewer=viewer) if row.is_public]
        return {"articles": found} if found else None


def _applied(facts: Mapping[str, Any], names: Names) -> str:
    return _("used %(number)s “%(title)s”, v%(version)s") % facts


def _outcome(facts: Mapping[str, Any], names: Names) -> str:
    labels = dict(Outcome.choices)
    return _("%(number)s: %(outcome)s") % {"number": facts["number"], "outcome": labels.get(facts["new"], facts["new"])}


def register_parts() -> None:
    """Put procedures on the pages of tickets. Called once, when the desk starts."""
    register(ProceduresPanel())
    register(SuggestedProcedures())
    register(ComposerTool("sop", gettext_lazy("SOP"), "book-open", "sop:pick", "article.apply", key="o"))
    register_sentence("sop.applied", _applied)
    register_sentence("sop.outcome_recorded", _outcome)
