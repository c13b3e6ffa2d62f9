"""What the API keeps from those who ask for help: how the desk sorts its work."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from tests.support.callers import Caller, problem
from tests.support.furnished import FurnishedDesk
from tests.support.people import actor_of
from tickets.operations.properties import tag_ticket

pytestmark = pytest.mark.django_db

DESK_FACTS = {"priority", "impact", "urgency", "assignee", "team", "tags"}


def test_a_requester_is_told_nothing_of_how_the_desk_sorts_its_work(
    requester: Caller, agent: Caller, desk: FurnishedDesk
) -> None:
    lead = actor_of(desk.people["lead"])
    tag_ticket(ticket_id=desk.mine.pk, add=["troublemaker"], remove=[], actor=lead, now=timezone.now())
    path = f"/tickets/{desk.mine.number}/"
    seen = json.loads(agent.get(path).content)
    assert set(seen) >= DESK_FACTS
    assert seen["tags"] == ["troublemaker"]
    opened = requester.post("/tickets/", {"body": "It is empty."})
    for answer in (requester.get(path), opened):
        told = json.loads(answer.content)
        assert set(seen) - set(told) == DESK_FACTS
    for place in (path, "/tickets/", f"{path}events/", f"{path}messages/", f"{path}sla/"):
        text = requester.get(place).content.decode()
        assert "troublemaker" not in text
        assert '"Front"' not in text, f"{place} names the team"


@pytest.mark.parametrize("asked", ["tag=x", "priority=1", "team=1", "assignee=1", "unassigned=true", "view=unassigned"])
def test_no_filter_tells_what_the_ticket_does_not(asked: str, requester: Caller, agent: Caller) -> None:
    told = problem(requester.get(f"/tickets/?{asked}"), 400, "invalid_input")
    assert told["errors"][0]["field"] == asked.partition("=")[0]
    if asked.startswith(("tag", "priority", "unassigned", "view")):
        assert agent.get(f"/tickets/?{asked}").status_code == 200
