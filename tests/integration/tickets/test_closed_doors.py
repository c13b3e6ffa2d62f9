"""Ways around a rule that were tried: each must end where the front door ends."""

from __future__ import annotations

import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from puo_desk.accounts.models import User
from puo_desk.accounts.operations.people import change_role
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.errors import NotPermitted
from puo_desk.notifications.models import Notification
from tests.support.desk import after, assert_folds_to_row, kinds_of, make_ticket
from tests.support.people import ADMIN, actor_of, make_person, make_team
from tickets.models import Message, Ticket
from tickets.operations.assignment import assign_ticket, move_to_team
from tickets.operations.attachments import store_upload
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.relations import link_tickets, unlink_tickets, watch_ticket
from tickets.policies import may_see, visible_tickets
from tickets.queries.conversation import list_events
from tickets.queries.search import find_ticket_ids
from tickets.queries.timeline import history_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def noor() -> User:
    return make_person("noor", role=Role.ENGINEER)


@pytest.fixture
def engineered(amara: User, jonas: User, noor: User) -> Ticket:
    """A ticket of the engineer's team."""
    team = make_team("Platform", members=(noor,))
    return make_ticket(amara, by=actor_of(jonas), team_id=team.pk)


def test_a_reply_closes_nothing_that_its_writer_may_not_close(engineered: Ticket, noor: User) -> None:
    with pytest.raises(NotPermitted):
        reply_to_ticket(
            ticket_id=engineered.pk, body="Done.", actor=actor_of(noor), now=after(minutes=1), set_status="closed"
        )
    assert Ticket.objects.get().status_category == "open"
    assert Message.objects.count() == 1
    assert "ticket.replied" not in kinds_of(engineered)


def test_a_requester_who_sets_a_status_is_refused_and_not_ignored(amara: User) -> None:
    ticket = make_ticket(amara)
    with pytest.raises(NotPermitted):
        reply_to_ticket(
            ticket_id=ticket.pk, body="Thanks.", actor=actor_of(amara), now=after(minutes=1), set_status="resolved"
        )
    assert Message.objects.count() == 1


def _told(ticket: Ticket) -> list[str]:
    return [kind for kind in kinds_of(ticket) if kind.startswith("ticket.")]


def test_who_works_at_the_desk_replies_to_an_own_request_and_resolves_it(jonas: User) -> None:
    """The composer offers it, so it happens; and again after the ticket came back."""
    ticket = make_ticket(jonas)
    act = {"ticket_id": ticket.pk, "body": "It was the cable.", "actor": actor_of(jonas)}
    reply_to_ticket(now=after(minutes=1), set_status="resolved", **act)
    assert _told(ticket)[1:] == ["ticket.replied", "ticket.resolved"]
    ticket.refresh_from_db()
    assert (ticket.status_category, ticket.resolved_at, ticket.waiting_since) == ("resolved", after(minutes=1), None)
    reply_to_ticket(now=after(minutes=2), set_status="resolved", **act)
    assert _told(ticket)[3:] == ["ticket.replied", "ticket.reopened", "ticket.resolved"]
    reply_to_ticket(now=after(minutes=3), set_status="waiting_requester", **act)
    ticket.refresh_from_db()
    assert ticket.status.code == "waiting_requester"
    assert_folds_to_row(ticket)


def test_a_tie_does_not_name_a_ticket_that_its_reader_may_not_see(
    engineered: Ticket, amara: User, jonas: User, noor: User
) -> None:
    seen, hidden = make_ticket(noor), make_ticket(amara)
    for minute, other in enumerate((seen, hidden), start=1):
        tie = {"ticket_id": engineered.pk, "other_id": other.pk, "kind": "related", "actor": actor_of(jonas)}
        link_tickets(now=after(minutes=minute), **tie)
        unlink_tickets(now=after(minutes=minute), **tie)

    def told(reader: User) -> list[str]:
        events = list_events(engineered, viewer=actor_of(reader))
        ties = [event for event in events if event.kind in ("ticket.linked", "ticket.unlinked")]
        assert [event.data["other"] for event in ties[:2]] == [seen.pk, seen.pk]
        assert [event.data["other"] for event in ties[2:]] == [hidden.pk if reader is jonas else None] * 2
        return [sentence for line in history_lines(ties) for sentence in line.sentences]

    lines = [f"linked to {seen.number}", f"removed the link to {seen.number}"]
    assert told(jonas) == [*lines, f"linked to {hidden.number}", f"removed the link to {hidden.number}"]
    assert told(noor) == [*lines, "linked to another ticket", "removed the link to another ticket"]
    for url in (f"/tickets/{engineered.number}/", f"/tickets/{engineered.number}/history/"):
        client = Client()
        client.force_login(noor)
        answer = client.get(url, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "another ticket" in answer.content.decode()
        assert hidden.number not in answer.content.decode()


def test_who_no_longer_sees_a_ticket_is_told_nothing_of_it(
    engineered: Ticket, amara: User, jonas: User, noor: User
) -> None:
    desk = make_person("desk")
    for watcher in (noor, desk):
        watch_ticket(ticket_id=engineered.pk, actor=actor_of(watcher), now=after(minutes=1))
    reply_to_ticket(ticket_id=engineered.pk, body="Any news?", actor=actor_of(amara), now=after(minutes=2))
    assert Notification.objects.filter(recipient=noor).count() == 1
    move_to_team(ticket_id=engineered.pk, team_id=make_team("Front").pk, actor=actor_of(jonas), now=after(minutes=3))
    reply_to_ticket(ticket_id=engineered.pk, body="My salary is wrong.", actor=actor_of(amara), now=after(minutes=4))
    note_on_ticket(ticket_id=engineered.pk, body="Careful.", actor=actor_of(jonas), now=after(minutes=5))
    assert Notification.objects.filter(recipient=noor).count() == 1
    assert Notification.objects.filter(recipient=desk).count() == 3


def test_an_assignee_who_has_left_the_desk_is_told_nothing(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    leaver = make_person("leaver")
    assign_ticket(ticket_id=ticket.pk, assignee_id=leaver.pk, actor=actor_of(jonas), now=after(minutes=1))
    change_role(user_id=leaver.pk, role=Role.REQUESTER, actor=ADMIN, now=after(minutes=2))
    note_on_ticket(ticket_id=ticket.pk, body="Between us.", actor=actor_of(jonas), now=after(minutes=3))
    assert not Notification.objects.filter(recipient=leaver, kind="ticket.noted").exists()


def test_both_sides_of_the_door_agree(engineered: Ticket, amara: User, jonas: User, noor: User) -> None:
    teamless = make_ticket(amara)
    given = make_ticket(amara)
    assign_ticket(ticket_id=given.pk, assignee_id=noor.pk, actor=actor_of(jonas), now=after(minutes=1))
    others = [make_person(f"of-{role}", role=Role(role)) for role in Role.values]
    for ticket in Ticket.objects.filter(pk__in=[engineered.pk, teamless.pk, given.pk]):
        for person in (amara, jonas, noor, *others):
            seen = visible_tickets(actor_of(person)).filter(pk=ticket.pk).exists()
            assert User.objects.filter(may_see(ticket), pk=person.pk).count() == int(seen), (ticket, person)


def test_a_conversation_longer_than_search_can_hold_goes_on(amara: User) -> None:
    ticket = make_ticket(amara)
    chosen = random.Random(1)
    for turn in range(14):
        body = "".join(chr(chosen.randrange(0x4E00, 0x9FA5)) for _ in range(20_000))
        reply_to_ticket(ticket_id=ticket.pk, body=f"turn{turn}\n{body}", actor=actor_of(amara), now=after(minutes=turn))
    assert Message.objects.filter(ticket=ticket).count() == 15
    assert find_ticket_ids("turn0", viewer=actor_of(amara)) == [ticket.pk]


def test_a_file_name_reads_as_it_is(amara: User) -> None:
    """Turned by an unseen character, fdp.exe would be read as exe.pdf."""
    file = SimpleUploadedFile("invoice\u202efdp.exe", b"MZ")
    assert store_upload(file=file, actor=actor_of(amara), now=after()).file_name == "invoicefdp.exe"
