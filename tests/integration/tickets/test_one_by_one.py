"""What is done to many tickets, and what is told to many users: who did it, and that one fault stops no other."""

from __future__ import annotations

import pytest

from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.errors import NotPermitted
from tests.support.desk import after, make_ticket
from tests.support.people import actor_of, make_person
from tickets.operations.bulk import act_on_each
from tickets.operations.incidents import end_incident, publish_incident
from tickets.operations.statuses import resolve_ticket

pytestmark = pytest.mark.django_db


def test_one_bad_ticket_stops_none_of_the_others() -> None:
    tickets = [make_ticket(make_person(role=Role.REQUESTER)) for _ticket in range(3)]
    agent = actor_of(make_person())

    def act(ticket_id: int) -> None:
        if ticket_id == tickets[1].pk:
            raise RuntimeError("bad row")
        resolve_ticket(ticket_id=ticket_id, actor=agent, now=after())

    results = act_on_each([ticket.pk for ticket in tickets], act)
    assert [result.is_done for result in results] == [True, False, True]
    for ticket in tickets:
        ticket.refresh_from_db()
    assert [ticket.status_category for ticket in tickets] == ["resolved", "open", "resolved"]


def test_an_incident_keeps_who_told_of_it_and_who_ended_it_first() -> None:
    told, ended = make_person(), make_person()
    incident = publish_incident(
        title="Exports are slow", public_summary="We are on it.", keywords="", category_id=None,
        actor=actor_of(told), now=after(),
    )  # fmt: skip
    for person, minutes in ((ended, 5), (told, 9)):
        incident = end_incident(incident_id=incident.pk, actor=actor_of(person), now=after(minutes=minutes))
    assert (incident.created_by_id, incident.ended_by_id) == (told.pk, ended.pk)
    assert (incident.started_at, incident.ended_at) == (after(), after(minutes=5))
    with pytest.raises(NotPermitted):
        end_incident(incident_id=incident.pk, actor=actor_of(make_person(role=Role.REQUESTER)), now=after())
