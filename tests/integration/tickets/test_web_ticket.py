"""The ticket page: who sees it, what it tells, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import make_category, make_ticket
from tests.support.people import actor_of, make_person, make_team, signed_in
from tickets.models import ReadMark, Ticket
from tickets.operations.assignment import claim_ticket
from tickets.operations.attachments import store_upload
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.properties import tag_ticket
from tickets.operations.relations import link_tickets, watch_ticket
from tickets.operations.statuses import resolve_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _own_files(settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]


@pytest.fixture
def amara() -> User:
    return make_person("amara", role=Role.REQUESTER, full_name="Amara Okafor", time_zone="Africa/Lagos")


def page_of(client: Client, ticket: Ticket, query: str = "", **headers: str) -> str:
    answer = client.get(f"/tickets/{ticket.number}/{query}", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_absent_and_forbidden_look_the_same(amara: User) -> None:
    ticket = make_ticket(amara)
    engineer, other = make_person("ivo", role=Role.ENGINEER), make_person("luiza", role=Role.REQUESTER)
    for person in (engineer, other):
        client = signed_in(person)
        hidden, absent = client.get(f"/tickets/{ticket.number}/"), client.get("/tickets/PUO-999999/")
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert ticket.subject.encode() not in hidden.content
        for part in ("history", "acts/assign"):
            assert client.get(f"/tickets/{ticket.number}/{part}/").status_code in {403, 404}
    assert not ReadMark.objects.exists()


def test_a_requester_is_led_to_the_own_page(amara: User) -> None:
    ticket = make_ticket(amara)
    answer = signed_in(amara).get(f"/tickets/{ticket.number}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/requests/{ticket.number}/")


def test_the_page_tells_the_story(browser: Client, amara: User, jonas: User) -> None:
    category = make_category("Console", fields=({"key": "queue", "label": "Which queue"},))
    ticket = make_ticket(amara, category_id=category.pk, form_answers={"queue": "Minor safety"}, impact=2, urgency=1)
    other = make_ticket(amara, subject="The one before")
    now, agent = timezone.now(), actor_of(jonas)
    claim_ticket(ticket_id=ticket.pk, actor=agent, now=now)
    file = store_upload(file=SimpleUploadedFile("log.txt", b"line\n"), actor=agent, now=now)
    reply_to_ticket(ticket_id=ticket.pk, body="I am **looking**.", actor=agent, now=now, files=[file.key])
    note_on_ticket(ticket_id=ticket.pk, body="Looks like routing.", actor=agent, now=now)
    link_tickets(ticket_id=ticket.pk, other_id=other.pk, kind="duplicate", actor=agent, now=now)
    watch_ticket(ticket_id=ticket.pk, actor=actor_of(make_person("mei", full_name="Mei Lin")), now=now)
    page = page_of(browser, ticket)
    told = (
        ticket.subject, "Since 07:50 it shows no items.", "<strong>looking</strong>", "Internal note",
        "Looks like routing.", f"/attachments/{file.key}/", "log.txt", "took the ticket", "Which queue",
        "Minor safety", "The one before", "Duplicate of", "Mei Lin", "Africa/Lagos", "2 open", "2 in all",
        "A team × high urgency",
    )  # fmt: skip
    for words in told:
        assert words in page, words
    assert "opened the ticket" not in page


def test_new_since_you_looked_stands_once_above_what_others_did(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    assert "New since you looked" not in page_of(browser, ticket)
    reply_to_ticket(ticket_id=ticket.pk, body="my answer", actor=actor_of(jonas), now=timezone.now())
    assert "New since you looked" not in page_of(browser, ticket)
    reply_to_ticket(ticket_id=ticket.pk, body="still broken", actor=actor_of(amara), now=timezone.now())
    page = page_of(browser, ticket)
    assert page.count("New since you looked") == 1
    assert page.index("my answer") < page.index("New since you looked") < page.index("still broken")
    assert "New since you looked" not in page_of(browser, ticket)


def test_buttons_are_shown_to_those_who_may(amara: User) -> None:
    engineer = make_person("daniel", role=Role.ENGINEER)
    team = make_team("Routing", members=(engineer,))
    ticket = make_ticket(amara, category_id=make_category(team=team).pk)
    seen_by = {
        role: page_of(signed_in(person), ticket) for role, person in (("engineer", engineer), ("agent", make_person()))
    }
    for act in ("assign", "priority", "team", "category", "rename", "close"):
        address = f"/tickets/{ticket.number}/acts/{act}/"
        assert address in seen_by["agent"], act
        assert address not in seen_by["engineer"], act
    for act in ("status", "claim", "resolve", "tag"):
        assert f"/tickets/{ticket.number}/acts/{act}/" in seen_by["engineer"], act


def test_a_page_that_stays_open_gets_its_parts_once_they_changed(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    page_of(browser, ticket)
    version = Ticket.objects.get().version
    same = browser.get(f"/tickets/{ticket.number}/?part=all&have={version}", headers=HTMX)
    assert (same.status_code, same.content) == (204, b"")
    reply_to_ticket(ticket_id=ticket.pk, body="any news?", actor=actor_of(amara), now=timezone.now())
    changed = browser.get(f"/tickets/{ticket.number}/?part=all&have={version}&since=1", headers=HTMX)
    parts = changed.content.decode()
    assert changed["HX-Trigger-After-Settle"] == "ticket-changed"
    for part in ("ticket-head", "properties", "around", "conversation"):
        assert f'id="{part}"' in parts
    assert parts.count('hx-swap-oob="true"') == 4
    assert "any news?" in parts
    assert "New since you looked" in parts
    assert 'id="composer"' not in parts


def test_what_people_write_cannot_act(browser: Client, amara: User, jonas: User) -> None:
    attack = "</title><script>alert(1)</script>"
    agent, now = actor_of(jonas), timezone.now()
    ticket = make_ticket(
        amara,
        subject=attack,
        body=attack + "\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n<div hx-get='/x'>",
    )
    tag_ticket(ticket_id=ticket.pk, add=['"><b>t'], actor=agent, now=now)
    file = store_upload(file=SimpleUploadedFile('"><svg onload=alert(1)>.txt', b"x"), actor=agent, now=now)
    reply_to_ticket(ticket_id=ticket.pk, body=attack, actor=agent, now=now, files=[file.key])
    Ticket.objects.update(rating=1, rating_comment=attack)
    for url in ("", "?part=all", "history/", "acts/tag/", "acts/rename/"):
        page = browser.get(f"/tickets/{ticket.number}/{url}", headers=HTMX if "part" in url else {}).content.decode()
        assert "<script>alert" not in page, url
        assert 'href="javascript' not in page
        assert "<img src=x" not in page
        assert "<svg onload" not in page
        assert "<b>t" not in page
        assert "<div hx-get" not in page


def test_the_history_has_everything(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    claim_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=timezone.now())
    resolve_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=timezone.now())
    page = browser.get(f"/tickets/{ticket.number}/history/").content.decode()
    for words in ("opened the ticket", "took the ticket, changed the status from New to In progress", "resolved"):
        assert words in page
    lines = page.count('<th scope="row">')
    assert f'<span class="count">{lines}</span>' in page


def test_the_rail_and_the_tabs_mark_the_list_that_a_ticket_was_opened_from(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)

    def marked(query: str) -> list[str]:
        page = browser.get(f"/tickets/{ticket.number}/{query}").content.decode()
        return re.findall(r'<a class="(rail__entry|tabbar__tab)" href="([^"]*)"[^>]* aria-current="page"', page)

    rail, tab = "rail__entry", "tabbar__tab"
    assert set(marked("?view=breached")) == {(rail, "/tickets/?view=breached"), (tab, "/tickets/?view=open")}
    assert set(marked("?view=mine")) == {(rail, "/tickets/?view=mine"), (tab, "/tickets/?view=mine")}
    assert marked("") == []


def test_next_and_previous_follow_the_list(browser: Client, amara: User) -> None:
    one, two, three = (make_ticket(amara, subject=f"no {n}") for n in range(3))

    def go(ticket: Ticket, way: str) -> str:
        return browser.get(f"/tickets/{ticket.number}/go/{way}/?view=open&sort=newest")["Location"]

    assert go(three, "next") == f"/tickets/{two.number}/?view=open&sort=newest"
    assert go(two, "next") == f"/tickets/{one.number}/?view=open&sort=newest"
    assert go(two, "previous") == f"/tickets/{three.number}/?view=open&sort=newest"
    assert go(one, "next") == "/tickets/?view=open&sort=newest"


def test_a_long_ticket_costs_what_a_short_one_does(browser: Client, amara: User, jonas: User) -> None:
    def cost(ticket: Ticket) -> int:
        page_of(browser, ticket)
        with CaptureQueriesContext(connection) as counted:
            page_of(browser, ticket)
        return len(counted)

    short, long = make_ticket(amara), make_ticket(amara)
    for ticket, times in ((short, 1), (long, 30)):
        claim_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=timezone.now())
        for n in range(times):
            reply_to_ticket(ticket_id=ticket.pk, body=f"no {n}", actor=actor_of(amara), now=timezone.now())
    assert cost(short) == cost(long)
    assert cost(long) <= 18
