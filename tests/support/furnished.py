"""A small desk with one of everything, made by operations: for tests that walk all pages and all of the API."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from puo_desk.accounts.models import Team, User
from puo_desk.accounts.operations.tokens import create_token
from puo_desk.accounts.vocabulary import Role
from puo_desk.notifications.models import Notification
from reports.operations.build import build_daily_reports
from sop.models import Article
from sop.operations.applying import apply_article_to_ticket
from sop.operations.articles import ArticleText, create_article, publish_article
from tests.support.desk import make_category, make_ticket
from tests.support.people import ADMIN, actor_of, make_person, make_team
from tests.support.routes import Route
from tickets.models import Category, Ticket
from tickets.operations.assignment import assign_ticket, claim_ticket
from tickets.operations.attachments import store_upload
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.incidents import publish_incident
from tickets.operations.opening import NewTicket, open_ticket

SECRET = "xyzzy-the-desk-only-word"
"""Stands in everything that a requester must never be shown."""


@dataclass
class FurnishedDesk:
    """The people by role, and the things that addresses name: ``values`` by parameter, then by whose it is."""

    people: dict[str, User]
    team: Team
    category: Category
    mine: Ticket
    foreign: Ticket
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun_at: datetime = field(default_factory=timezone.now)

    def addresses(self, route: Route) -> Iterator[tuple[str, str]]:
        """The address with each choice for its first parameter, and a word for whose it is."""
        names = route.parameters
        if not names:
            yield "", route.filled({})
            return
        if not route.is_ours:
            return
        missing = [name for name in names if name not in self.values]
        assert not missing, f"tests/support/furnished.py knows nothing to put into {missing} of {route.path}"
        for label, first in self.values[names[0]].items():
            rest = {name: self._beside(name, label) for name in names[1:]}
            yield label, route.filled({names[0]: first} | rest)

    def _beside(self, name: str, label: str) -> Any:
        choices = self.values[name]
        return choices.get(label, next(iter(choices.values())))

    def token(self, role: str, *scopes: str, **more: Any) -> str:
        """The text of an API token of that role's person."""
        person = self.people[role]
        return create_token(
            user=person, name=role, scopes=scopes, actor=ADMIN, now=timezone.now() - timedelta(minutes=1), **more
        )[1]


def furnish() -> FurnishedDesk:
    """Five roles, a second requester, tickets with conversation and files, procedures, news, an incident, reports."""
    # Whole days ago, so that reports of finished days exist whenever the test runs.
    start = timezone.now() - timedelta(days=2)
    people = {
        role: make_person(f"{role}-one", role=Role(role), full_name=f"The {role.title()}") for role in Role.values
    }
    stranger = make_person("stranger", role=Role.REQUESTER)
    agent, lead = actor_of(people["agent"]), actor_of(people["lead"])
    team = make_team("Front", members=(people["agent"], people["engineer"]), leads=(people["lead"],))
    other_team = make_team("Back")
    category = make_category("Queues", team=team, fields=(
        {"key": "queue", "label": "Which queue?", "kind": "choice", "is_required": True, "options": ["A", "B"]},
        {"key": "since", "label": "Since when?", "kind": "text", "is_required": False},
    ))  # fmt: skip
    incident = publish_incident(
        title="Exports are slow",
        public_summary="We are on it.",
        keywords="export",
        category_id=None,
        actor=lead,
        now=start,
    )
    mine = make_ticket(people["requester"], now=start, category_id=category.pk, form_answers={"queue": "A"})
    foreign = open_ticket(
        NewTicket("Report never arrives", "Nothing came.", requester_id=stranger.pk, team_id=other_team.pk),
        actor=agent, now=start,
    )  # fmt: skip
    files = {
        "on a reply": _upload(people["agent"], "answer.txt", start),
        "on a note": _upload(people["agent"], f"{SECRET}.txt", start),
        "of a stranger": _upload(people["lead"], "stranger.txt", start),
    }
    claim_ticket(ticket_id=mine.pk, actor=agent, now=start + timedelta(minutes=1))
    _say(mine, people["agent"], files, start + timedelta(minutes=2))
    assign_ticket(ticket_id=foreign.pk, assignee_id=people["lead"].pk, actor=lead, now=start + timedelta(minutes=5))
    reply_to_ticket(
        ticket_id=foreign.pk, body="Looking.", files=[files["of a stranger"]], actor=lead,
        now=start + timedelta(minutes=6),
    )  # fmt: skip
    desk = FurnishedDesk(people, team, category, mine, foreign)
    articles = _write_procedures(people["lead"], start)
    use = apply_article_to_ticket(
        article_id=articles["public"].pk, ticket_id=mine.pk, kind="text", actor=agent, now=start + timedelta(minutes=7)
    ).use
    days = list(build_daily_reports(
        from_day=start.date(), to_day=start.date(), actor=ADMIN, now=timezone.now() + timedelta(days=1)
    ))  # fmt: skip
    _token, _text = create_token(
        user=people["agent"], name="own", scopes=["tickets:read"], actor=actor_of(people["agent"]), now=start
    )
    news = Notification.objects.filter(recipient=people["agent"]).first() or _news(people["agent"], start)
    desk.values = {
        "ticket_id": {"the requester's": mine.number, "a stranger's": foreign.number, "nobody's": "PUO-999999999"},
        "key": {**files, "nobody's": uuid.uuid4()},
        "article_id": {**{label: article.number for label, article in articles.items()}, "none": "SOP-999999"},
        "version": {"public": 1},
        "use_id": {"the requester's": use.pk},
        "incident_id": {"open": incident.pk},
        "notification_id": {"the agent's": news.pk, "nobody's": 999_999_999},
        "token_id": {"the agent's": _token.pk},
        "way": {"the requester's": "next"},
        "act": {"the requester's": "assign"},
        "day": {"built": start.date().isoformat(), "never": "1999-01-01"},
        "kind": {"built": "opened"},
        "report_id": {"built": days[0][1].pk if days[0][1] else 0},
    }
    return desk


def _upload(person: User, name: str, now: datetime) -> uuid.UUID:
    file = SimpleUploadedFile(name, b"The words of a file.\n")
    return store_upload(file=file, actor=actor_of(person), now=now).key


def _say(ticket: Ticket, person: User, files: dict[str, uuid.UUID], now: datetime) -> None:
    actor = actor_of(person)
    reply_to_ticket(ticket_id=ticket.pk, body="On it.", files=[files["on a reply"]], actor=actor, now=now)
    note_on_ticket(
        ticket_id=ticket.pk, body=f"Between us: {SECRET}.", files=[files["on a note"]], actor=actor,
        now=now + timedelta(minutes=1),
    )  # fmt: skip


def _write_procedures(lead: User, now: datetime) -> dict[str, Article]:
    actor = actor_of(lead)
    texts = {
        "public": ArticleText("Queue is empty", "Reload the page.", is_public=True),
        "internal": ArticleText("Queue is stuck", f"Restart it. {SECRET}.", is_public=False),
        "draft": ArticleText("Queue is slow", f"Wait. {SECRET}.", is_public=True),
    }
    articles = {label: create_article(text, actor=actor, now=now) for label, text in texts.items()}
    for label in ("public", "internal"):
        articles[label] = publish_article(article_id=articles[label].pk, actor=actor, now=now)
    return articles


def _news(person: User, now: datetime) -> Notification:
    from puo_desk.notifications.operations.tell import News, tell_many

    tell_many(
        [News(recipient_id=person.pk, kind="sla.warned", dedupe="furnished", about="ticket:1", facts={
            "number": "PUO-1", "subject": "x", "metric": "Resolution", "percent": 50, "due_at": now}, url="/tickets/")],
        now=now,
    )  # fmt: skip
    return Notification.objects.filter(recipient=person).earliest("pk")


def in_memory(content: bytes, name: str) -> io.BytesIO:
    """A file as a test client sends it."""
    stream = io.BytesIO(content)
    stream.name = name
    return stream
