"""The queue's page: what it shows to whom, its addresses, its parts, its cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import make_category, make_ticket
from tests.support.people import actor_of, make_person, make_team, signed_in
from tickets.models import Ticket
from tickets.operations.assignment import claim_ticket
from tickets.operations.conversation import mark_read, note_on_ticket
from tickets.operations.properties import tag_ticket
from tickets.operations.statuses import set_status

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page_of(client: Client, url: str = "/tickets/?view=open", **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_requesters_and_strangers_have_no_queue(amara: User) -> None:
    make_ticket(amara, subject="Secret of the desk")
    refused = signed_in(amara).get("/tickets/")
    assert refused.status_code == 403
    assert b"Secret of the desk" not in refused.content
    assert Client().get("/tickets/")["Location"] == "/account/login/?next=/tickets/"


def test_an_engineer_sees_the_own_teams_tickets_only(amara: User) -> None:
    engineer = make_person("daniel", role=Role.ENGINEER)
    team = make_team("Routing", members=(engineer,))
    mine = make_ticket(amara, subject="Handed over", category_id=make_category(team=team).pk)
    other = make_ticket(amara, subject="Not for engineering")
    page = page_of(signed_in(engineer), "/tickets/?view=all")
    assert mine.number in page
    assert other.number not in page


def test_a_row_says_what_it_is_by_when_and_whose(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara, subject="Queue is empty", category_id=make_category("Console").pk, channel="chat")
    claim_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=timezone.now())
    due = timezone.now() + timedelta(minutes=30)
    Ticket.objects.update(next_due_at=due, next_due_metric="next_response", at_risk_at=timezone.now())
    page = page_of(browser)
    for words in (
        "Queue is empty",
        "Amara Okafor",
        "Console",
        "In progress",
        "Next reply",
        "deadline--warning",
        "29 min",
    ):
        assert words in page, words
    assert "Needs action now" in page
    assert f'href="/tickets/{ticket.number}/?view=open"' in page


def test_groups_tell_now_from_this_shift_from_waiting(browser: Client, amara: User, jonas: User) -> None:
    now = timezone.now()
    late, soon, far, waits = (make_ticket(amara, subject=word) for word in ("late", "soon", "far", "waits"))
    for ticket, hours in ((late, -1), (soon, 3), (far, 40)):
        Ticket.objects.filter(pk=ticket.pk).update(
            next_due_at=now + timedelta(hours=hours), next_due_metric="resolution", at_risk_at=None
        )
    set_status(ticket_id=waits.pk, status="waiting_requester", actor=actor_of(jonas), now=now)
    Ticket.objects.filter(pk=waits.pk).update(next_due_at=None, at_risk_at=None)
    page = page_of(browser)
    order = [
        page.index(words)
        for words in (
            "Needs action now",
            late.number,
            "This shift",
            soon.number,
            "Later",
            far.number,
            "Waiting on others",
            waits.number,
        )
    ]
    assert order == sorted(order)
    assert "Paused: requester" in page
    by_newest = page_of(browser, "/tickets/?view=open&sort=newest")
    assert "Needs action now" not in by_newest
    assert by_newest.index(waits.number) < by_newest.index(late.number)


def test_unread_is_what_came_after_the_last_look(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    assert "is-unread" in page_of(browser)
    mark_read(ticket=ticket, actor=actor_of(jonas))
    assert "is-unread" not in page_of(browser)
    note_on_ticket(ticket_id=ticket.pk, body="seen?", actor=actor_of(make_person("mei")), now=timezone.now())
    assert "is-unread" in page_of(browser)


def test_filters_of_the_address_narrow_and_stand_as_tokens(browser: Client, amara: User, jonas: User) -> None:
    stopped = make_ticket(amara, subject="stopped", impact=1, urgency=1)
    small = make_ticket(amara, subject="small", impact=3, urgency=3)
    tag_ticket(ticket_id=stopped.pk, add=["emea"], actor=actor_of(jonas), now=timezone.now())
    page = page_of(browser, "/tickets/?view=open&priority=1&tag=emea")
    assert stopped.number in page
    assert small.number not in page
    assert "priority:<b>P1</b>" in page
    assert 'href="/tickets/?view=open&amp;tag=emea"' in page
    assert small.number in page_of(browser, "/tickets/?view=open&filters=1&priority=4")
    wrong = page_of(browser, "/tickets/?view=open&team=nobody")
    assert "A filter cannot be understood" in wrong
    assert stopped.number not in wrong


def test_search_finds_words_and_a_number_leads_to_its_ticket(browser: Client, amara: User) -> None:
    found = make_ticket(amara, subject="Kumquat queue is empty")
    other = make_ticket(amara, subject="Something else")
    assert browser.get("/search/?q=kumquat")["Location"] == "/tickets/?q=kumquat&view=all"
    page = page_of(browser, "/tickets/?q=kumquat")
    assert found.number in page
    assert other.number not in page
    for address in ("/search/", "/tickets/"):
        assert browser.get(address, {"q": found.number.lower()})["Location"] == f"/tickets/{found.number}/"
    assert "No ticket matches" in page_of(browser, "/tickets/?q=PUO-999999")


def test_every_view_says_what_to_do_when_it_is_empty(browser: Client) -> None:
    sentences = {
        view: page_of(browser, f"/tickets/?view={view}").partition('empty__title">')[2].partition("<")[0]
        for view in ("mine", "unassigned", "team", "at_risk", "breached", "waiting", "open", "all")
    }
    assert len(set(sentences.values())) == 8
    assert all(sentences.values())
    assert browser.get("/tickets/?view=nonsense").status_code == 400


def test_paging_by_key_shows_each_ticket_once(browser: Client, amara: User) -> None:
    numbers = {make_ticket(amara, subject=f"no {n}").number for n in range(60)}
    shown: list[str] = []
    url: str | None = "/tickets/?view=all"
    while url:
        context = browser.get(url).context
        shown += [row.row.number for group in context["groups"] for row in group.rows]
        url = f"/tickets/?view=all&cursor={context['older']}" if context["older"] else None
    assert len(shown) == 60
    assert set(shown) == numbers


def test_the_same_address_answers_a_fragment(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    rows = page_of(browser, **HTMX)
    assert rows.lstrip().startswith('<div id="ticket-rows">')
    assert ticket.number in rows
    assert "<html" not in rows
    filters = page_of(browser, "/tickets/?view=open&filters=1", **HTMX, **{"HX-Target": "filters"})
    assert filters.lstrip().startswith('<div id="filters">')


def test_a_page_that_stays_open_asks_for_its_rows_and_hears_of_new_ones(
    browser: Client, amara: User, jonas: User
) -> None:
    first = make_ticket(amara, subject="first")
    claim_ticket(ticket_id=first.pk, actor=actor_of(jonas), now=timezone.now())
    second = make_ticket(amara, subject="second")
    answer = page_of(browser, f"/tickets/?view=open&live=1&rows={first.pk}", **HTMX)
    assert 'data-new="1"' in answer
    assert first.number in answer
    assert second.number not in answer
    assert '<data id="count-open" value="2">' in answer and 'data-total="2"' in answer
    narrowed = page_of(browser, f"/tickets/?view=open&assignee={jonas.pk}&live=1&rows={first.pk}", **HTMX)
    assert 'data-total="1"' in narrowed
    stranger = make_person("ivo", role=Role.ENGINEER)
    hidden = page_of(signed_in(stranger), f"/tickets/?view=open&live=1&rows={first.pk},{second.pk},x,-1", **HTMX)
    assert first.number not in hidden
    assert 'data-new="0"' in hidden


def test_what_people_type_is_text(browser: Client, amara: User, jonas: User) -> None:
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    ticket = make_ticket(amara, subject=attack, body=attack)
    tag_ticket(ticket_id=ticket.pk, add=["<i>x"], actor=actor_of(jonas), now=timezone.now())
    for url in (
        "/tickets/?view=open",
        "/tickets/?q=" + "%22%3E%3Cscript%3E",
        f"/tickets/?view=open&live=1&rows={ticket.pk}",
    ):
        page = page_of(browser, url)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert '"><script>' not in page


def queries_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        page_of(client, url)
    return len(counted)


def test_five_rows_and_five_hundred_cost_the_same(browser: Client, amara: User) -> None:
    for n in range(5):
        make_ticket(amara, subject=f"no {n}")
    urls = (
        "/tickets/?view=open",
        "/tickets/?view=open&sort=newest&priority=3&priority=4",
        "/tickets/?view=open&live=1&rows=1",
    )
    few = [queries_of(browser, url) for url in urls]
    template = Ticket.objects.first()
    assert template is not None
    for n in range(495):
        template.pk = None
        template.subject = f"copy {n}"
        template.save(force_insert=True)
    many = [queries_of(browser, url) for url in urls]
    assert few == many
    assert max(many) <= 11
