"""What the journeys find: a small desk of twenty-odd tickets, made through the operations with a moved clock.

Run as a program of its own (`python -m tests.browser.scenario small|demo`), because the test process itself keeps
to its own database. Prints as its last line what the journeys need to know, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")
django.setup()

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from escalations.models import Calendar, SlaPolicy, SlaTarget
from escalations.operations.settings import publish_policy
from puo_desk.accounts.models import Team, User
from puo_desk.accounts.operations.people import add_person, set_memberships
from puo_desk.accounts.operations.tokens import create_token
from puo_desk.accounts.queries.people import actor_for
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from reports.operations.build import build_daily_reports
from sop.demo import seed_articles
from sop.operations.articles import ArticleText, create_article, publish_article, save_version
from tests.browser.hostile import HOSTILE_MARKDOWN, HOSTILE_NAME, HOSTILE_SUBJECT, HOSTILE_TAGS, LONG_WORD
from tests.browser.scenario_words import PASSWORD, QUICK_SECONDS
from tickets.models import Category, FormField, Ticket
from tickets.operations.assignment import assign_ticket, claim_ticket
from tickets.operations.attachments import store_upload
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.incidents import publish_incident
from tickets.operations.opening import NewTicket, open_ticket
from tickets.operations.properties import tag_ticket
from tickets.operations.statuses import rate_ticket, resolve_ticket, set_status

SETUP = Actor.system("setup")
PEOPLE = {
    "amara": ("Amara Okafor", Role.REQUESTER),
    "tomas": ("Tomás Herrera", Role.REQUESTER),
    "mallory": (HOSTILE_NAME, Role.REQUESTER),
    "jonas": ("Jonas Weber", Role.AGENT),
    "sena": ("Sena Kaya", Role.AGENT),
    "ingrid": ("Ingrid Sørensen", Role.LEAD),
    "tariq": ("Tariq Haddad", Role.ENGINEER),
    "noor": ("Noor de Vries", Role.ADMIN),
}
STORIES = (
    ("Export of reports stops at 90 percent", "exports"),
    ("Label “Graphic” is missing for Brazil", "console"),
    ("Shortcut keys do nothing after the update", "console"),
    ("Cannot sign in since this morning", "sign-in"),
    ("Webhook deliveries arrive twice", "exports"),
    ("Evidence viewer shows a grey box", "console"),
)


class SmallDesk:
    """The desk while it is being made, and what will be said of it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.yesterday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        self.actors: dict[str, Actor] = {}
        self.categories: dict[str, int] = {}
        self.tickets: dict[str, str] = {}
        self.facts: dict[str, Any] = {"tickets": self.tickets, "categories": self.categories}

    def make(self) -> dict[str, Any]:
        self._people()
        self._categories()
        self._promises()
        self._procedures()
        publish_incident(
            title="Appeal Console answers 502", public_summary="Engineers are on it.", keywords="appeal, 502, gateway",
            category_id=None, actor=self.actors["ingrid"], now=self.now - timedelta(hours=1),
        )  # fmt: skip
        # First of all, so that no other journey comes by it in the order of numbers.
        self._hostile()
        self._yesterday()
        self._today()
        day = self.yesterday.date()
        # The day before too, so that the report has something to stand beside.
        list(build_daily_reports(from_day=day - timedelta(days=1), to_day=day, actor=SETUP, now=self.now))
        self.facts["report_day"] = day.isoformat()
        return self.facts

    def _people(self) -> None:
        password, begun = make_password(PASSWORD), self.yesterday - timedelta(days=20)
        front = Team.objects.create(name="Review Platforms", slug="review-platforms")
        behind = Team.objects.create(name="Platform Engineering", slug="platform-engineering")
        for username, (name, role) in PEOPLE.items():
            user = User(username=username, full_name=name, role=role, password=password)
            add_person(user=user, actor=SETUP, now=begun)
            if role in (Role.AGENT, Role.LEAD, Role.ENGINEER):
                team = behind if role == Role.ENGINEER else front
                set_memberships(user_id=user.pk, leads_by_team={team.pk: role == Role.LEAD}, actor=SETUP, now=begun)
            self.actors[username] = actor_for(user, source="web")
        self.front = front
        scopes = ["tickets:read", "tickets:write"]
        self.facts["tokens"] = {
            who: create_token(
                user=User.objects.get(username=who),
                name="journeys",
                scopes=scopes,
                actor=self.actors[who],
                now=self.now,
            )[1]
            for who in ("amara", "sena")
        }

    def _categories(self) -> None:
        for slug, name, keywords in (
            ("queue", "Queue empty or stuck", "queue, empty, items, stuck"),
            ("console", "Console slow or broken", "console, slow, button"),
            ("sign-in", "Sign-in", "sign in, login, loop"),
            ("exports", "Exports and webhooks", "export, webhook, report"),
            ("quick", "Live stop", "live, stop, takedown"),
        ):
            category = Category.objects.create(name=name, slug=slug, keywords=keywords, team=self.front)
            self.categories[slug] = category.pk
        Category.objects.create(name="Users locked out", slug="locked-out", default_impact=1, default_urgency=1)
        FormField.objects.create(
            category_id=self.categories["queue"], key="queue", label="Which queue", kind="text", is_required=True
        )
        FormField.objects.create(
            category_id=self.categories["queue"], key="market", label="Market", kind="choice", is_required=True,
            options=["BR", "DE", "US"], position=1,
        )  # fmt: skip

    def _promises(self) -> None:
        policy = SlaPolicy.objects.create(
            name="Live stops", position=1, calendar=Calendar.objects.get(name="Always open"), warn_at=[50]
        )
        policy.categories.set([self.categories["quick"]])
        SlaTarget.objects.bulk_create(
            SlaTarget(policy=policy, priority=priority, metric=metric, seconds=seconds)
            for priority in (1, 2, 3, 4)
            for metric, seconds in (("first_response", QUICK_SECONDS), ("resolution", 2 * QUICK_SECONDS))
        )
        publish_policy(policy_id=policy.pk, actor=SETUP, now=self.yesterday)

    def _procedures(self) -> None:
        lead = self.actors["ingrid"]
        articles = seed_articles(lead, self.now)
        hostile = create_article(
            ArticleText(f"Hostile {HOSTILE_SUBJECT}"[:150], HOSTILE_MARKDOWN, summary=HOSTILE_SUBJECT, is_public=True),
            actor=lead, now=self.now,
        )  # fmt: skip
        publish_article(article_id=hostile.pk, actor=lead, now=self.now)
        # Two versions, for the page that shows the difference.
        edited = articles[0]
        version = edited.current_version
        text = ArticleText(
            version.title, f"{version.body}\n\n- Tell the shift lead.\n", summary=version.summary,
            category_id=edited.category_id, is_public=edited.is_public,
        )  # fmt: skip
        save_version(article_id=edited.pk, text=text, actor=lead, now=self.now, change_note="Says whom to tell")
        publish_article(article_id=edited.pk, actor=lead, now=self.now)
        public = next(article for article in articles if article.is_public and article.is_published)
        self.facts["article"] = f"SOP-{edited.pk}"
        self.facts["public_article"] = f"SOP-{public.pk}"
        self.facts["hostile_article"] = f"SOP-{hostile.pk}"

    def _open(self, requester: str, subject: str, category: str | None, at: datetime, **more: Any) -> Ticket:
        new = NewTicket(
            subject=subject, body=f"{subject}. It began a short while ago and several of us see it.",
            category_id=self.categories[category] if category else None, **more,
        )  # fmt: skip
        return open_ticket(new, actor=self.actors[requester], now=at)

    def _yesterday(self) -> None:
        """Nine opened, five of them resolved and one rated: the numbers that the report must show."""
        jonas, sena = self.actors["jonas"], self.actors["sena"]
        for place in range(9):
            at = self.yesterday + timedelta(hours=6 + place, minutes=7 * place)
            subject, category = STORIES[place % len(STORIES)]
            ticket = self._open("tomas", f"{subject} ({place + 1})", category, at)
            if place < 7:
                agent = (jonas, sena)[place % 2]
                claim_ticket(ticket_id=ticket.pk, actor=agent, now=at + timedelta(minutes=3))
                reply_to_ticket(ticket_id=ticket.pk, body="We look.", actor=agent, now=at + timedelta(minutes=9))
            if place < 5:
                resolve_ticket(ticket_id=ticket.pk, actor=agent, now=at + timedelta(hours=1, minutes=place))
            if place == 0:
                later = at + timedelta(hours=2)
                rate_ticket(ticket_id=ticket.pk, score=5, comment="Fast", actor=self.actors["tomas"], now=later)
        self.facts["report"] = {"opened": 9, "resolved": 5, "ratings": 1}

    def _today(self) -> None:
        jonas = self.actors["jonas"]
        for place in range(12):
            at = self.now - timedelta(minutes=50 - 3 * place)
            subject, category = STORIES[place % len(STORIES)]
            ticket = self._open("tomas", f"{subject}, today ({place + 1})", category, at)
            if place == 0:
                assign_ticket(ticket_id=ticket.pk, assignee_id=jonas.user_id, actor=jonas, now=at)
                picture = SimpleUploadedFile("screen.txt", b"a grey box\n")
                key = store_upload(file=picture, actor=jonas, now=at).key
                reply_to_ticket(ticket_id=ticket.pk, body="See the file.", files=[key], actor=jonas, now=at)
                note_on_ticket(ticket_id=ticket.pk, body="Known to engineering.", actor=jonas, now=at)
                set_status(ticket_id=ticket.pk, status="waiting_requester", actor=jonas, now=at)
                self.tickets["worked"] = ticket.number

    def _hostile(self) -> None:
        at = self.now - timedelta(minutes=55)
        mallory, sena = self.actors["mallory"], self.actors["sena"]
        key = store_upload(file=SimpleUploadedFile(f"{HOSTILE_NAME}.txt", b"x\n"), actor=mallory, now=at).key
        new = NewTicket(subject=f"{HOSTILE_SUBJECT} {LONG_WORD}"[:200], body=HOSTILE_MARKDOWN, files=[key])
        ticket = open_ticket(new, actor=mallory, now=at)
        note_on_ticket(ticket_id=ticket.pk, body=HOSTILE_MARKDOWN, actor=sena, now=at)
        reply_to_ticket(ticket_id=ticket.pk, body=f"{LONG_WORD} {HOSTILE_SUBJECT}", actor=sena, now=at)
        tag_ticket(ticket_id=ticket.pk, add=HOSTILE_TAGS, actor=sena, now=at)
        self.tickets["hostile"] = ticket.number


def sessions(usernames: list[str]) -> dict[str, str]:
    """A signed-in session for each; one journey signs in by the page."""
    kept = {}
    for username in usernames:
        client = Client()
        client.force_login(User.objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
        kept[username] = client.cookies["sessionid"].value
    return kept


def main(kind: str) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    if kind == "demo":
        call_command("seed_demo")
        facts: dict[str, Any] = {"report_day": (timezone.now() - timedelta(days=1)).date().isoformat()}
        names = ["requester", "agent", "lead"]
    else:
        with transaction.atomic():
            facts = SmallDesk(timezone.now()).make()
        names = list(PEOPLE)
    facts["sessions"] = sessions(names)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1])
