"""The queue: what each view holds, its counts, its order, its pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from puo_desk.accounts.models import User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from tests.support.desk import after, make_ticket
from tests.support.people import NOON, actor_of, make_person, make_team
from tickets.models import Ticket
from tickets.operations.assignment import assign_ticket, claim_ticket, move_to_team
from tickets.operations.conversation import mark_read, note_on_ticket
from tickets.operations.statuses import resolve_ticket, set_status
from tickets.queries.queue import VIEWS, count_views, page_of_tickets, tickets_in_view
from tickets.queries.rows import rows_of

pytestmark = pytest.mark.django_db


def holds(view: str, viewer: User, now=NOON) -> set[str]:
    return set(tickets_in_view(view, viewer=actor_of(viewer), now=now).values_list("subject", flat=True))


def test_each_view_holds_what_its_name_says(amara: User) -> None:
    jonas, mei = make_person("jonas"), make_person("mei")
    team = make_team("Ours", members=(jonas,))
    agent = actor_of(mei)
    for subject in ("free", "mine", "ours", "waits", "solved"):
        make_ticket(amara, subject=subject)
    ids = dict(Ticket.objects.values_list("subject", "pk"))
    claim_ticket(ticket_id=ids["mine"], actor=actor_of(jonas), now=after())
    move_to_team(ticket_id=ids["ours"], team_id=team.pk, actor=agent, now=after())
    assign_ticket(ticket_id=ids["ours"], assignee_id=mei.pk, actor=agent, now=after())
    assign_ticket(ticket_id=ids["waits"], assignee_id=mei.pk, actor=agent, now=after())
    set_status(ticket_id=ids["waits"], status="waiting_requester", actor=agent, now=after())
    resolve_ticket(ticket_id=ids["solved"], actor=agent, now=after())
    assert holds("mine", jonas) == {"mine"}
    assert holds("unassigned", jonas) == {"free"}
    assert holds("team", jonas) == {"ours"}
    assert holds("waiting", jonas) == {"waits"}
    assert holds("open", jonas) == {"free", "mine", "ours", "waits"}
    assert holds("all", jonas) == {"free", "mine", "ours", "waits", "solved"}
    counts = count_views(viewer=actor_of(jonas), now=NOON)
    assert counts == {code: len(holds(code, jonas)) for code in counts}


def test_at_risk_and_breached_follow_the_clock_without_a_sweep(amara: User) -> None:
    agent = make_person("jonas")
    ticket = make_ticket(amara)
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=after(hours=1), at_risk_at=after(minutes=45))
    expected = [(44, False, False), (45, True, False), (60, True, False), (61, False, True)]
    for minutes, at_risk, breached in expected:
        now = after(minutes=minutes)
        assert bool(holds("at_risk", agent, now)) is at_risk, minutes
        assert bool(holds("breached", agent, now)) is breached, minutes


def test_an_agent_without_a_team_has_an_empty_team_view(amara: User) -> None:
    make_ticket(amara)
    assert holds("team", make_person()) == set()
    assert count_views(viewer=actor_of(make_person()), now=NOON)["team"] == 0


def test_an_unknown_view_or_sort_is_refused(amara: User) -> None:
    viewer = actor_of(make_person())
    with pytest.raises(InvalidInput):
        tickets_in_view("everything", viewer=viewer, now=NOON)
    with pytest.raises(InvalidInput):
        page_of_tickets(Ticket.objects.all(), sort="subject", viewer=viewer)


@pytest.mark.parametrize("sort", ["due", "waiting", "newest"])
def test_pages_hold_every_ticket_once_in_order_both_ways(amara: User, sort: str) -> None:
    viewer = actor_of(make_person())
    for number in range(11):
        ticket = make_ticket(amara, subject=str(number), now=after(minutes=number))
        due = after(hours=number % 3) if number % 4 else None
        Ticket.objects.filter(pk=ticket.pk).update(next_due_at=due, waiting_since=due)
    rows = tickets_in_view("open", viewer=viewer, now=NOON)
    forward, cursor = [], None
    while True:
        page = page_of_tickets(rows, sort=sort, viewer=viewer, cursor=cursor, size=3)
        forward.append([row.id for row in page.rows])
        if page.next is None:
            break
        cursor = page.next
    everything = [ticket_id for ids in forward for ticket_id in ids]
    assert sorted(everything) == sorted(rows.values_list("pk", flat=True))
    by_key = {
        "due": ["due_order", "id"],
        "waiting": ["waiting_order", "id"],
        "newest": ["-id"],
    }[sort]
    assert everything == list(rows.order_by(*by_key).values_list("pk", flat=True))
    backward = []
    while page.previous is not None:
        page = page_of_tickets(rows, sort=sort, viewer=viewer, cursor=page.previous, size=3)
        backward.append([row.id for row in page.rows])
    assert backward == forward[-2::-1]


def test_a_cursor_of_another_order_is_refused(amara: User) -> None:
    viewer = actor_of(make_person())
    for _number in range(3):
        make_ticket(amara)
    page = page_of_tickets(Ticket.objects.all(), sort="newest", viewer=viewer, size=1)
    for cursor in (page.next, "garbage", "x" * 5_000):
        with pytest.raises(InvalidInput):
            page_of_tickets(Ticket.objects.all(), sort="due", viewer=viewer, cursor=cursor)


def test_a_row_is_unread_until_it_was_looked_at_as_it_stands(amara: User) -> None:
    ticket = make_ticket(amara)
    viewer, other = actor_of(make_person()), actor_of(make_person())

    def is_unread() -> bool:
        return page_of_tickets(Ticket.objects.all(), sort="newest", viewer=viewer).rows[0].is_unread

    assert is_unread()
    mark_read(ticket=Ticket.objects.get(pk=ticket.pk), actor=viewer)
    assert not is_unread()
    note_on_ticket(ticket_id=ticket.pk, body="news", actor=other, now=NOON + timedelta(minutes=1))
    assert is_unread()


def test_what_others_have_solved_is_not_unread(amara: User) -> None:
    agent = actor_of(make_person())
    for taken in (False, True):
        ticket = make_ticket(amara)
        if taken:
            claim_ticket(ticket_id=ticket.pk, actor=agent, now=NOON)
        resolve_ticket(ticket_id=ticket.pk, actor=actor_of(make_person()), now=NOON + timedelta(minutes=1))

    def unread_by(viewer: Actor) -> list[bool]:
        return [row.is_unread for row in rows_of(list(Ticket.objects.values_list("pk", flat=True)), viewer=viewer)]

    assert sorted(unread_by(agent)) == [False, True], "what was the agent's own is"
    assert unread_by(actor_of(amara)) == [True, True]
    assert unread_by(actor_of(make_person())) == [False, False]


def test_counts_stop_at_the_cap(amara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.queries.queue.COUNT_CAP", 2)
    for _number in range(4):
        make_ticket(amara)
    assert count_views(viewer=actor_of(make_person()), now=NOON)["open"] == 2


def test_every_view_and_sort_has_a_name_for_people() -> None:
    assert all(str(view.label) and view.icon for view in VIEWS.values())
