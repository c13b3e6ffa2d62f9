"""The acts that a ticket's page offers, each named in its address: what is asked, and which operation is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puo_desk.accounts.queries.people import list_assignable_people, list_teams
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.pages import marks
from tickets.models import Ticket
from tickets.operations import assignment, properties, relations, statuses
from tickets.queries.classification import list_categories, list_open_incidents, list_statuses, list_tag_names
from tickets.rules.priority import priority_of
from tickets.rules.transitions import can_transition
from tickets.vocabulary import Impact, LinkKind, Urgency, parse_ticket_number
from tickets.web.showing import IMPACT_WORDS, URGENCY_WORDS, status_shape


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. ``mark`` is drawn before the word, ``meta`` stands at the line's end."""

    value: str
    label: str
    mark: Any = ""
    meta: str = ""
    is_current: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an act asks for: choices that act at once, or fields of a small form (names of partial templates)."""

    choices: Sequence[Choice] = ()
    columns: Sequence[str] = ()
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doing:
    """An act about to be done: by whom, to which ticket, with what was sent."""

    ticket_id: int
    actor: Actor
    now: datetime
    version: int | None
    posted: QueryDict

    @property
    def value(self) -> str:
        return str(self.posted.get("value", "")).strip()

    @property
    def on_ticket(self) -> dict[str, Any]:
        return {"ticket_id": self.ticket_id, "actor": self.actor, "now": self.now}

    @property
    def on_version(self) -> dict[str, Any]:
        return {**self.on_ticket, "expected_version": self.version}

    def number(self, name: str = "value") -> int | None:
        """An id that was chosen; None for "nobody". Raises: InvalidInput for anything else."""
        text = str(self.posted.get(name, "")).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise InvalidInput({name: [_("Choose one of the list.")]})
        return int(text)


class Does(Protocol):
    def __call__(self, doing: Doing, /) -> Any: ...


Asks = Callable[[Ticket, Actor], Asked]


@dataclass(frozen=True, slots=True)
class PageAct:
    """An act by its name in the address. ``asks`` is None for one that a button alone does."""

    code: str
    permission: str
    title: Any
    does: Does
    asks: Asks | None = None
    done: Any = ""


def _ask_assignee(ticket: Ticket, viewer: Actor) -> Asked:
    people = sorted(list_assignable_people(), key=lambda person: person.id != viewer.user_id)
    choices = [
        Choice(
            str(person.id),
            _("%(name)s (you)") % {"name": person.name} if person.id == viewer.user_id else person.name,
            mark=marks.avatar(person.name, me=person.id == viewer.user_id, size="20"),
            meta=person.username,
            is_current=person.id == ticket.assignee_id,
        )
        for person in people
    ]
    is_nobody = bool(ticket.pk) and ticket.assignee_id is None
    nobody = Choice("", _("Nobody"), mark=marks.avatar("", size="20"), is_current=is_nobody)
    return Asked(choices=[*choices[:1], nobody, *choices[1:]])


def _ask_team(ticket: Ticket, viewer: Actor) -> Asked:
    choices = [
        Choice(str(team.id), team.name, mark=marks.icon("users"), is_current=team.id == ticket.team_id)
        for team in list_teams()
    ]
    none = Choice("", _("No team"), mark=marks.icon("circle"), is_current=bool(ticket.pk) and ticket.team_id is None)
    return Asked(choices=[*choices, none])


def _ask_category(ticket: Ticket, viewer: Actor) -> Asked:
    choices = [
        Choice(str(row.id), row.label, mark=marks.icon("folder"), is_current=row.id == ticket.category_id)
        for row in list_categories()
    ]
    is_none = bool(ticket.pk) and ticket.category_id is None
    none = Choice("", _("No category"), mark=marks.icon("circle"), is_current=is_none)
    return Asked(choices=[*choices, none])


def _ask_status(ticket: Ticket, viewer: Actor) -> Asked:
    return Asked(
        choices=[
            Choice(
                row.code,
                row.name,
                mark=marks.icon(marks.STATUS_SHAPES[shape]),
                is_current=row.code == ticket.status.code,
            )
            for row in list_statuses()
            if row.code == ticket.status.code or can_transition(ticket.status_category, row.category)
            for shape in [status_shape(row.code, row.category, row.waiting_on, is_taken=False)]
        ]
    )


def _ask_priority(ticket: Ticket, viewer: Actor) -> Asked:
    judged = (ticket.impact, ticket.urgency)
    choices = [
        Choice(
            f"{impact}x{urgency}",
            str(IMPACT_WORDS[impact]),
            mark=marks.priority(str(int(priority_of(impact, urgency)))),
            is_current=judged == (impact, urgency),
            column=str(URGENCY_WORDS[urgency]),
        )
        for impact in Impact.values
        for urgency in Urgency.values
    ]
    return Asked(choices=choices, columns=[str(URGENCY_WORDS[urgency]) for urgency in Urgency.values])


def _set_priority(doing: Doing) -> Ticket:
    impact, _x, urgency = doing.value.partition("x")
    if not (impact in {"1", "2", "3"} and urgency in {"1", "2", "3"}):
        raise InvalidInput({"value": [_("Choose one of the list.")]})
    return properties.set_priority(impact=int(impact), urgency=int(urgency), **doing.on_version)


def _ask_incident(ticket: Ticket, viewer: Actor) -> Asked:
    choices = [
        Choice(str(row.id), row.title, mark=marks.icon("zap"), meta="", is_current=row.id == ticket.incident_id)
        for row in list_open_incidents()
    ]
    return Asked(choices=choices)


def _follow_incident(doing: Doing) -> Ticket:
    incident_id = doing.number()
    if incident_id is None:
        raise InvalidInput({"value": [_("Choose one of the list.")]})
    return relations.follow_incident(incident_id=incident_id, **doing.on_ticket)


def _ask_tags(ticket: Ticket, viewer: Actor) -> Asked:
    return Asked(template="tickets/_ask_tags.html", context={"tags": ticket.tag_names, "known": list_tag_names()})


def _tag(doing: Doing) -> Ticket:
    return properties.tag_ticket(
        add=str(doing.posted.get("add", "")).split(","), remove=doing.posted.getlist("remove"), **doing.on_ticket
    )


def _ask_subject(ticket: Ticket, viewer: Actor) -> Asked:
    return Asked(template="tickets/_ask_subject.html", context={"subject": ticket.subject})


def _ask_link(ticket: Ticket, viewer: Actor) -> Asked:
    return Asked(template="tickets/_ask_link.html", context={"kinds": LinkKind.choices})


def _linked_ticket(doing: Doing) -> int:
    other = parse_ticket_number(str(doing.posted.get("other", "")))
    if other is None:
        raise InvalidInput({"other": [_("Write a number such as PUO-1042.")]})
    return other


def _kind_of_link(doing: Doing) -> str:
    return str(doing.posted.get("kind", "")) or LinkKind.RELATED.value


PAGE_ACTS: dict[str, PageAct] = {
    act.code: act
    for act in (
        PageAct(
            "assign", "ticket.assign", gettext_lazy("Assign"),
            lambda doing: assignment.assign_ticket(assignee_id=doing.number(), **doing.on_version), _ask_assignee,
        ),
        PageAct(
            "claim", "ticket.claim", gettext_lazy("Take"), lambda doing: assignment.claim_ticket(**doing.on_ticket),
            done=gettext_lazy("%(number)s is yours"),
        ),
        PageAct(
            "take_over", "ticket.assign", gettext_lazy("Take over"),
            lambda doing: assignment.assign_ticket(assignee_id=doing.actor.user_id, **doing.on_version),
            done=gettext_lazy("%(number)s is yours"),
        ),
        PageAct(
            "team", "ticket.set_team", gettext_lazy("Team"),
            lambda doing: assignment.move_to_team(team_id=doing.number(), **doing.on_version), _ask_team,
        ),
        PageAct(
            "category", "ticket.set_category", gettext_lazy("Category"),
            lambda doing: properties.set_category(category_id=doing.number(), **doing.on_version), _ask_category,
        ),
        PageAct(
            "status", "ticket.set_status", gettext_lazy("Status"),
            lambda doing: statuses.set_status(status=doing.value, **doing.on_version), _ask_status,
        ),
        PageAct("priority", "ticket.set_priority", gettext_lazy("Priority"), _set_priority, _ask_priority),
        PageAct("tag", "ticket.tag", gettext_lazy("Tags"), _tag, _ask_tags),
        PageAct(
            "rename", "ticket.rename", gettext_lazy("Subject"),
            lambda doing: properties.rename_ticket(subject=str(doing.posted.get("subject", "")), **doing.on_version),
            _ask_subject,
        ),
        PageAct(
            "resolve", "ticket.resolve", gettext_lazy("Resolve"),
            lambda doing: statuses.resolve_ticket(**doing.on_version), done=gettext_lazy("%(number)s is resolved"),
        ),
        PageAct(
            "close", "ticket.close", gettext_lazy("Close"), lambda doing: statuses.close_ticket(**doing.on_version),
            done=gettext_lazy("%(number)s is closed"),
        ),
        PageAct(
            "reopen", "ticket.reopen", gettext_lazy("Reopen"), lambda doing: statuses.reopen_ticket(**doing.on_version),
            done=gettext_lazy("%(number)s is open again"),
        ),
        PageAct(
            "watch", "ticket.watch", gettext_lazy("Watch"), lambda doing: relations.watch_ticket(**doing.on_ticket)
        ),
        PageAct(
            "unwatch", "ticket.watch", gettext_lazy("Watch no longer"),
            lambda doing: relations.unwatch_ticket(**doing.on_ticket),
        ),
        PageAct(
            "link", "ticket.link", gettext_lazy("Link to another ticket"),
            lambda doing: relations.link_tickets(
                other_id=_linked_ticket(doing), kind=_kind_of_link(doing), **doing.on_ticket
            ),
            _ask_link,
        ),
        PageAct(
            "unlink", "ticket.link", gettext_lazy("Remove the link"),
            lambda doing: relations.unlink_tickets(
                other_id=_linked_ticket(doing), kind=_kind_of_link(doing), **doing.on_ticket
            ),
        ),
        PageAct("incident", "ticket.follow_incident", gettext_lazy("Known incident"), _follow_incident, _ask_incident),
    )
}  # fmt: skip
