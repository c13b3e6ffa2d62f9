"""Acts on a ticket's page: each asks, does, refuses; with and without script; by those who may."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.notifications.models import Notification
from tests.support.desk import kinds_of, make_category, make_ticket
from tests.support.people import actor_of, make_person, make_team, signed_in
from tickets.models import KnownIncident, Ticket, TicketEvent, Watcher
from tickets.operations.assignment import assign_ticket, claim_ticket
from tickets.operations.conversation import reply_to_ticket
from tickets.operations.properties import set_priority
from tickets.operations.statuses import resolve_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def do(client: Client, ticket: Ticket, act: str, **posted: object):
    return client.post(f"/tickets/{ticket.number}/acts/{act}/?view=open", posted)


SENT: dict[str, Callable[[], dict[str, object]]] = {
    "assign": lambda: {"value": make_person("mei").pk},
    "claim": dict,
    "take_over": dict,
    "team": lambda: {"value": make_team("Policy").pk},
    "category": lambda: {"value": make_category("Labels").pk},
    "status": lambda: {"value": "waiting_third_party"},
    "priority": lambda: {"value": "1x1"},
    "tag": lambda: {"add": "emea, routing"},
    "rename": lambda: {"subject": "Better words"},
    "resolve": dict,
    "close": dict,
    "watch": dict,
    "link": lambda: {"other": make_ticket(make_person("luiza", role=Role.REQUESTER)).number, "kind": "parent"},
}
CAME_ABOUT: dict[str, Callable[[Ticket], object]] = {
    "assign": lambda ticket: ticket.assignee and ticket.assignee.username == "mei",
    "claim": lambda ticket: ticket.assignee and ticket.assignee.username == "jonas",
    "take_over": lambda ticket: ticket.assignee and ticket.assignee.username == "jonas",
    "team": lambda ticket: ticket.team and ticket.team.name == "Policy",
    "category": lambda ticket: ticket.category and ticket.category.name == "Labels",
    "status": lambda ticket: ticket.status.code == "waiting_third_party",
    "priority": lambda ticket: (ticket.impact, ticket.urgency, ticket.priority) == (1, 1, 1),
    "tag": lambda ticket: ticket.tag_names == ["emea", "routing"],
    "rename": lambda ticket: ticket.subject == "Better words",
    "resolve": lambda ticket: ticket.status_category == "resolved",
    "close": lambda ticket: ticket.status_category == "closed",
    "watch": lambda ticket: Watcher.objects.filter(ticket=ticket).count() == 1,
    "link": lambda ticket: ticket.links.count() == 1,
}


@pytest.mark.parametrize("act", SENT)
def test_each_act_works_without_script_and_leads_back(act: str, browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    answer = do(browser, ticket, act, version=ticket.version, seq=1, **SENT[act]())
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{ticket.number}/?view=open")
    assert CAME_ABOUT[act](Ticket.objects.get(pk=ticket.pk))


@pytest.mark.parametrize("act", SENT)
def test_each_act_answers_htmx_with_the_parts_it_changed(act: str, browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    posted = {"version": ticket.version, "seq": 1, **SENT[act]()}
    answer = browser.post(f"/tickets/{ticket.number}/acts/{act}/?view=open", posted, headers=HTMX)
    assert answer.status_code == 200
    assert answer["HX-Trigger-After-Settle"] == "ticket-changed"
    assert answer.content.decode().count('hx-swap-oob="true"') == 4
    assert CAME_ABOUT[act](Ticket.objects.get(pk=ticket.pk))


@pytest.mark.parametrize("act", [act for act in SENT if act not in {"claim", "watch"}])
def test_nobody_does_what_the_role_does_not_allow(act: str, amara: User) -> None:
    engineer = make_person("daniel", role=Role.ENGINEER)
    team = make_team("Routing", members=(engineer,))
    ticket = make_ticket(amara, category_id=make_category(team=team).pk)
    posted = SENT[act]()
    allowed = {"requester": set(), "engineer": {"status", "tag", "resolve", "link"}}
    for name, person in (("requester", amara), ("engineer", engineer)):
        if act in allowed[name]:
            continue
        before = Ticket.objects.filter(pk=ticket.pk).values().get()
        events, told = TicketEvent.objects.count(), Notification.objects.count()
        assert do(signed_in(person), ticket, act, **posted).status_code == 403
        assert signed_in(person).get(f"/tickets/{ticket.number}/acts/{act}/").status_code in {302, 403}
        assert Ticket.objects.filter(pk=ticket.pk).values().get() == before
        assert (TicketEvent.objects.count(), Notification.objects.count()) == (events, told)


def test_what_a_colleague_has_can_be_taken_over(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    assign_ticket(ticket_id=ticket.pk, assignee_id=make_person("mei").pk, actor=actor_of(jonas), now=timezone.now())
    page = browser.get(f"/tickets/{ticket.number}/").content.decode()
    assert f"/tickets/{ticket.number}/acts/take_over/" in page and f"/tickets/{ticket.number}/acts/claim/" not in page
    assert do(browser, ticket, "take_over", version=1).status_code == 409, "somebody else took it meanwhile"
    ticket.refresh_from_db()
    assert do(browser, ticket, "take_over", version=ticket.version).status_code == 302
    assert "take_over" not in browser.get(f"/tickets/{ticket.number}/").content.decode()


def test_what_is_not_seen_cannot_be_acted_on(amara: User) -> None:
    ticket = make_ticket(amara)
    stranger = signed_in(make_person("ivo", role=Role.ENGINEER))
    for act in ("claim", "resolve", "tag"):
        assert do(stranger, ticket, act).status_code == 404
    assert kinds_of(ticket)[0] == "ticket.opened"
    assert Ticket.objects.get().version == ticket.version


def test_unknown_acts_and_values_change_nothing(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    assert do(browser, ticket, "explode").status_code == 404
    for act, posted in (
        ("assign", {"value": "abc"}), ("assign", {"value": "999999"}), ("priority", {"value": "9x9"}),
        ("team", {"value": "999999"}), ("status", {"value": "nonsense"}), ("rename", {"subject": "  "}),
        ("link", {"other": "hello"}), ("link", {"other": ticket.number}), ("tag", {"add": "x" * 60}),
    ):  # fmt: skip
        assert do(browser, ticket, act, **posted).status_code == 422, (act, posted)
    assert Ticket.objects.get().version == ticket.version


def test_only_a_post_acts_and_only_with_its_token(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(jonas)
    assert do(strict, ticket, "resolve").status_code == 403
    assert strict.get(f"/tickets/{ticket.number}/acts/resolve/")["Location"] == f"/tickets/{ticket.number}/"
    assert Ticket.objects.get().status_category == "open"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_stale_choice_is_kept_and_told_what_changed(headers: dict[str, str], browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    seen = {"version": ticket.version, "seq": Ticket.objects.get().last_event_seq}
    mei = make_person("mei", full_name="Mei Lin")
    set_priority(ticket_id=ticket.pk, impact=2, urgency=2, actor=actor_of(mei), now=timezone.now())
    posted = {"value": "1x1", **seen}
    answer = browser.post(f"/tickets/{ticket.number}/acts/priority/", posted, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<b>Mei Lin</b> changed the priority from P4 to P3" in page
    assert '<input type="hidden" name="value" value="1x1">' in page
    assert ("<html" in page) == (not headers)
    assert Ticket.objects.get().priority == 3
    current = Ticket.objects.get()
    assert f'name="version" value="{current.version}"' in page
    do(browser, ticket, "priority", value="1x1", version=current.version, seq=current.last_event_seq)
    assert Ticket.objects.get().priority == 1


def test_a_message_that_arrived_meanwhile_stops_no_act(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    seen = {"version": ticket.version, "seq": Ticket.objects.get().last_event_seq}
    reply_to_ticket(ticket_id=ticket.pk, body="any news?", actor=actor_of(amara), now=timezone.now())
    assert do(browser, ticket, "priority", value="1x1", **seen).status_code == 302
    assert Ticket.objects.get().priority == 1


def test_a_second_claim_is_told_who_was_faster(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    mei = make_person("mei", full_name="Mei Lin")
    claim_ticket(ticket_id=ticket.pk, actor=actor_of(mei), now=timezone.now())
    answer = do(browser, ticket, "claim")
    assert "Mei Lin has taken this ticket already." in browser.get(answer["Location"]).content.decode()
    toast = browser.post(f"/tickets/{ticket.number}/acts/claim/", {}, headers=HTMX)["HX-Trigger"]
    assert "Mei Lin has taken this ticket already." in toast
    assert Ticket.objects.get().assignee_id == mei.pk


def test_the_question_is_a_dialog_or_a_page(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    for act in ("assign", "team", "category", "status", "priority", "tag", "rename", "link", "incident"):
        address = f"/tickets/{ticket.number}/acts/{act}/"
        if act == "incident":
            assert browser.get(address).status_code == 403
            continue
        dialog = browser.get(address, headers=HTMX).content.decode()
        assert dialog.lstrip().startswith("<dialog"), act
        page = browser.get(address).content.decode()
        assert "<html" in page
        assert f'action="{address}"' in page
        assert f'name="version" value="{ticket.version}"' in page
    assert "Jonas Weber (you)" in browser.get(f"/tickets/{ticket.number}/acts/assign/").content.decode()


def test_a_status_offers_only_what_can_follow(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    resolve_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=timezone.now())
    page = browser.get(f"/tickets/{ticket.number}/acts/status/").content.decode()
    assert 'value="closed"' in page
    assert 'value="in_progress"' in page
    do(browser, ticket, "close")
    page = browser.get(f"/tickets/{ticket.number}/acts/status/").content.decode()
    assert 'value="resolved"' not in page
    do(browser, ticket, "reopen")
    assert Ticket.objects.get().status_category == "open"


def test_resolve_and_next_goes_on_through_the_list(browser: Client, amara: User) -> None:
    one, two = make_ticket(amara, subject="one"), make_ticket(amara, subject="two")
    url = "?view=open&sort=newest"
    answer = browser.post(f"/tickets/{two.number}/acts/resolve/{url}", {"next": "1"})
    assert answer["Location"] == f"/tickets/{one.number}/{url}"
    last = browser.post(f"/tickets/{one.number}/acts/resolve/{url}", {"next": "1"}, headers=HTMX)
    assert (last.status_code, last["HX-Redirect"]) == (204, f"/tickets/{url}")
    assert set(Ticket.objects.values_list("status_category", flat=True)) == {"resolved"}


def test_an_incident_is_published_followed_and_ended(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    form = browser.get(f"/incidents/new/?ticket={ticket.number}").content.decode()
    assert 'value="Queue shows no items"' in form
    assert browser.post("/incidents/new/", {"title": "", "public_summary": ""}).status_code == 422
    sent = {"title": "Queues <b>empty</b>", "public_summary": "We are on it.", "keywords": "queue", "category": ""}
    assert browser.post("/incidents/new/", sent).status_code == 302
    incident = KnownIncident.objects.get()
    page = browser.get("/incidents/").content.decode()
    assert "Queues &lt;b&gt;empty&lt;/b&gt;" in page
    requester = signed_in(amara)
    for url in ("/incidents/new/", f"/incidents/{incident.pk}/end/"):
        assert requester.post(url, sent).status_code == 403
    assert KnownIncident.objects.count() == 1
    browser.post(f"/incidents/{incident.pk}/end/")
    assert KnownIncident.objects.get().ended_at is not None


def test_an_agent_opens_a_ticket_for_somebody(browser: Client, amara: User, jonas: User) -> None:
    category = make_category("Console", fields=({"key": "queue", "label": "Which queue", "is_required": True},))
    found = browser.get("/tickets/new/?who=ama", headers={**HTMX, "HX-Target": "requester-found"}).content.decode()
    assert found.lstrip().startswith('<div id="requester-found"')
    assert f'value="{amara.pk}"' in found
    sent = {
        "who": "ama",
        "requester": amara.pk,
        "body": "She called: nothing loads.",
        "category": category.pk,
        "channel": "phone",
        "impact": "1",
        "urgency": "",
    }
    missing = browser.post("/tickets/new/", sent)
    assert missing.status_code == 422
    assert "This field is required." in missing.content.decode()
    answer = browser.post("/tickets/new/", {**sent, "answer_queue": "Minor safety"})
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.number}/"
    assert (ticket.requester_id, ticket.opened_by_id, ticket.channel, ticket.impact) == (amara.pk, jonas.pk, "phone", 1)
    assert ticket.form_answers == {"queue": "Minor safety"}
    assert signed_in(amara).get("/tickets/new/").status_code == 403
    assert signed_in(amara).post("/tickets/new/", sent).status_code == 403
    assert Ticket.objects.count() == 1


def test_bulk_says_what_became_of_each_row(browser: Client, amara: User, jonas: User) -> None:
    free, taken, hidden = (make_ticket(amara, subject=word) for word in ("free", "taken", "left alone"))
    mei = make_person("mei", full_name="Mei Lin")
    claim_ticket(ticket_id=taken.pk, actor=actor_of(mei), now=timezone.now())
    posted = {"act": "claim", "listing": "view=open", "ticket": [free.pk, taken.pk, 999_999]}
    page = browser.post("/tickets/bulk/", posted).content.decode()
    assert "1 ticket changed" in page
    assert "2 refused" in page
    assert "Mei Lin has taken this ticket already." in page
    assert "There is no such ticket, or you may not see it." in page
    holders = dict(Ticket.objects.values_list("subject", "assignee_id"))
    assert holders == {"free": jonas.pk, "taken": mei.pk, "left alone": None}
    assert hidden.subject not in page


def test_bulk_asks_first_and_then_changes_every_row(browser: Client, amara: User) -> None:
    tickets = [make_ticket(amara, subject=f"no {n}") for n in range(3)]
    ids = [ticket.pk for ticket in tickets[:2]]
    asked = browser.post("/tickets/bulk/", {"act": "priority", "ticket": ids, "listing": "view=open"}, headers=HTMX)
    assert asked.content.decode().lstrip().startswith("<dialog")
    assert not Ticket.objects.filter(priority=1).exists()
    sent = {"act": "priority", "ticket": ids, "value": "1x1", "chosen": "1", "listing": "view=open"}
    done = browser.post("/tickets/bulk/", sent, headers=HTMX)
    assert "queue-changed" in done["HX-Trigger"]
    assert set(Ticket.objects.filter(priority=1).values_list("pk", flat=True)) == set(ids)
    nobody = browser.post("/tickets/bulk/", {"act": "tag", "chosen": "1", "add": "emea", "listing": "view=open"})
    assert (nobody.status_code, nobody["Location"]) == (302, "/tickets/?view=open")


def test_all_matching_are_those_of_the_list_and_no_others(browser: Client, amara: User) -> None:
    stopped = [make_ticket(amara, subject=f"stopped {n}", impact=1, urgency=1) for n in range(3)]
    calm = make_ticket(amara, subject="calm", impact=3, urgency=3)
    page = browser.get("/tickets/?view=open&priority=1&all=1").content.decode()
    assert len(re.findall(r'aria-label="Select PUO-\d+" checked>', page)) == 3
    sent = {
        "act": "tag",
        "add": "emea",
        "chosen": "1",
        "all": "1",
        "listing": "view=open&priority=1",
        "ticket": [calm.pk],
    }
    assert "3 tickets changed" in browser.post("/tickets/bulk/", sent).content.decode()
    tagged = Ticket.objects.filter(tag_names__contains=["emea"])
    assert set(tagged.values_list("pk", flat=True)) == {ticket.pk for ticket in stopped}


@pytest.mark.parametrize("act", ["assign", "status", "priority"])
def test_bulk_takes_nothing_for_what_all_the_chosen_have_now(act: str, browser: Client, amara: User) -> None:
    chosen = {"act": act, "ticket": [make_ticket(amara).pk], "listing": "view=open"}
    asked = browser.post("/tickets/bulk/", chosen, headers=HTMX).content.decode()
    assert 'name="value"' in asked
    assert "aria-current" not in asked


def test_bulk_is_refused_to_those_who_may_not(amara: User) -> None:
    engineer = make_person("daniel", role=Role.ENGINEER)
    team = make_team("Routing", members=(engineer,))
    seen = make_ticket(amara, category_id=make_category(team=team).pk)
    unseen = make_ticket(amara)
    sent = {"act": "priority", "value": "1x1", "chosen": "1", "ticket": [seen.pk, unseen.pk]}
    for person in (amara, engineer):
        assert signed_in(person).post("/tickets/bulk/", sent).status_code == 403
    page = signed_in(engineer).post("/tickets/bulk/", {**sent, "act": "tag", "add": "x"}).content.decode()
    assert "1 ticket changed" in page
    assert "1 refused" in page
    assert Ticket.objects.get(pk=unseen.pk).tag_names == []
    assert not Ticket.objects.filter(priority=1).exists()
