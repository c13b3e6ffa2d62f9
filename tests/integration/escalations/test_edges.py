"""Panel, requester's words, API: what each reader is shown, and at what cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalations.queries.explanation import explain
from escalations.web.panels import PromisesPanel
from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.integration.escalations.conftest import MINUTES, NOON, Desk
from tests.support.people import make_person
from tickets.extension import PanelContext, promise_previews, render_panels
from tickets.queries.conversation import get_ticket, list_events
from tickets.queries.timeline import history_lines

HOUR = timedelta(hours=1)


@pytest.fixture
def lived(desk: Desk) -> Any:
    """Opened, answered after seven minutes, paused, asked again."""
    ticket = desk.open(priority=2)
    desk.wait(7 * MINUTES)
    desk.answer(ticket, set_status="waiting_requester")
    desk.wait(16 * MINUTES)
    desk.write(ticket)
    desk.wait(9 * MINUTES)
    return ticket


def test_the_explanation_names_each_stretch_and_its_cause(desk: Desk, lived: Any) -> None:
    explained = explain(lived, viewer=desk.agent, now=desk.now)
    assert explained.policy is not None
    assert (explained.policy.policy, explained.policy.number, explained.policy.calendar) == (
        "Standard", 1, "Always open",
    )  # fmt: skip
    first, following, fix = (promise.timer for promise in explained.promises)
    assert (first.state, first.used_seconds, first.target_seconds) == ("met", 7 * 60, 30 * 60)
    assert (following.state, following.remaining_seconds) == ("running", 51 * 60)
    assert [(s.phase, s.reason, s.counted_seconds) for s in fix.segments] == [
        ("running", "opened", 7 * 60),
        ("paused", "waiting_on_requester", 0),
        ("running", "requester_wrote", 9 * 60),
    ]
    assert fix.due_at == NOON + 8 * HOUR + 16 * MINUTES
    assert sum(segment.counted_seconds for segment in fix.segments) == fix.used_seconds
    events = {event.seq: event.kind for event in desk.events(lived, "ticket.")}
    assert [events[segment.seq] for segment in fix.segments] == [
        "ticket.opened", "ticket.status_changed", "ticket.status_changed",
    ]  # fmt: skip


def test_a_requesters_explanation_has_no_internals(desk: Desk, lived: Any) -> None:
    explained = explain(lived, viewer=desk.requester, now=desk.now)
    assert explained.policy is None
    assert all(not one.timer.segments and one.timer.policy is None for one in explained.promises)
    assert [one.timer.due_at for one in explained.promises][-1] == NOON + 8 * HOUR + 16 * MINUTES


def test_the_panel_costs_three_queries_at_most(desk: Desk, lived: Any) -> None:
    ticket = get_ticket(lived.pk, viewer=desk.agent)
    with CaptureQueriesContext(connection) as queries:
        context = PromisesPanel().context(PanelContext(ticket, desk.agent, desk.now))
        html = render_to_string(PromisesPanel.template, dict(context or {}))
    assert len(queries) <= 3
    assert "Standard, v1" in html
    assert "7 of 30 min" in html
    assert "waiting on requester" in html


def test_the_panels_address_answers_with_the_panel(desk: Desk, lived: Any, agent_user: User, client: Client) -> None:
    client.force_login(agent_user)
    answer = client.get(f"/tickets/PUO-{lived.pk}/promises/")
    assert answer.status_code == 200
    assert 'id="promises"' in answer.content.decode()
    assert client.get("/tickets/PUO-999999/promises/").status_code == 404


def test_the_panel_is_not_for_requesters(lived: Any, requester_user: User, client: Client) -> None:
    client.force_login(requester_user)
    assert client.get(f"/tickets/PUO-{lived.pk}/promises/").status_code == 403


def test_the_requester_reads_plain_words(desk: Desk) -> None:
    ticket = get_ticket(desk.open().pk, viewer=desk.requester)
    (panel,) = render_panels(ticket, viewer=desk.requester, now=desk.now, place="promise")
    assert "A person answers by" in str(panel.html)
    assert "We aim to fix it by" in str(panel.html)
    desk.answer(ticket, set_status="waiting_requester")
    ticket = get_ticket(ticket.pk, viewer=desk.requester)
    (panel,) = render_panels(ticket, viewer=desk.requester, now=desk.now, place="promise")
    assert "paused while we wait for you" in str(panel.html)
    assert "Standard" not in str(panel.html)
    desk.put(ticket, "resolved")
    assert render_panels(ticket, viewer=desk.requester, now=desk.now, place="promise") == []


def test_what_a_new_request_would_be_promised(desk: Desk) -> None:
    (preview,) = promise_previews
    promised = preview.context(category_id=None, team_id=None, priority=1, channel="web", now=NOON)
    assert promised == {
        "first_response": 900,
        "resolution": 7200,
        "is_always_open": True,
        "first_response_by": NOON + 15 * MINUTES,
        "resolution_by": NOON + 2 * HOUR,
    }


def test_the_api_tells_the_desk_all_and_requesters_what_was_promised(
    lived: Any, agent_user: User, requester_user: User, client: Client
) -> None:
    client.force_login(agent_user)
    told = client.get(f"/api/v1/tickets/PUO-{lived.pk}/sla/").json()
    assert told["policy"] == {"policy": "Standard", "version": 1, "calendar": "Always open"}
    assert [timer["metric"] for timer in told["timers"]] == ["first_response", "next_response", "resolution"]
    assert len(told["timers"][2]["segments"]) == 3
    client.force_login(requester_user)
    told = client.get(f"/api/v1/tickets/PUO-{lived.pk}/sla/").json()
    assert "policy" not in told
    assert all("segments" not in timer and "policy" not in timer for timer in told["timers"])


def test_the_api_hides_what_a_caller_may_not_see(lived: Any, client: Client) -> None:
    client.force_login(make_person(role=Role.REQUESTER))
    assert client.get(f"/api/v1/tickets/PUO-{lived.pk}/sla/").status_code == 404
    client.logout()
    assert client.get(f"/api/v1/tickets/PUO-{lived.pk}/sla/").status_code in (401, 403)


def test_the_timeline_says_what_happened_to_promises(desk: Desk) -> None:
    ticket = desk.open(priority=1)
    desk.wait(20 * MINUTES)
    desk.sweep()
    ticket = get_ticket(ticket.pk, viewer=desk.agent)
    said = [s for line in history_lines(list_events(ticket, viewer=desk.agent)) for s in line.sentences]
    assert "promises of priority P1 applied" in said
    assert any(sentence.startswith("First reply is late: promised within 15 min, by ") for sentence in said)


def test_the_clock_of_a_page_does_not_run_backwards(desk: Desk) -> None:
    ticket = desk.open()
    before = explain(ticket, viewer=desk.agent, now=NOON - HOUR)
    assert before.promises[0].timer.used_seconds == 0
    assert timezone.is_aware(before.promises[0].timer.started_at)
