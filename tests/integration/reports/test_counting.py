"""The definitions, checked by a brute count over random histories: in order and out of order, any zone and cutoff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puo_desk.accounts.models import Team, User
from reports.queries.counting import facts_of
from reports.rules.assemble import assemble
from reports.rules.days import DeskDay, desk_day
from tests.integration.reports.conftest import History, build, ids, moves, opening, write_history
from tests.support.people import make_person, make_team
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 29)
SPANS = [
    desk_day(DAY, time_zone=zone, cutoff=cutoff) for zone in ("UTC", "Europe/Berlin") for cutoff in (time(0), time(6))
]
ONE_MICROSECOND = timedelta(microseconds=1)
STATUSES = ("new", "in_progress", "waiting_requester", "resolved", "closed")


def instants() -> st.SearchStrategy[datetime]:
    """Around the day, often exactly at an edge of it."""
    edges = [edge for span in SPANS for edge in (span.starts_at, span.ends_at)]
    near = [edge + shift for edge in edges for shift in (timedelta(0), -ONE_MICROSECOND)]
    minutes = st.integers(-3 * 1440, 3 * 1440)
    return st.sampled_from(near) | minutes.map(lambda m: datetime(2026, 3, 29, tzinfo=UTC) + timedelta(minutes=m))


@st.composite
def plans(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What becomes of a few tickets, without ids."""
    tickets = []
    for _number in range(draw(st.integers(1, 4))):
        acts = draw(
            st.lists(
                st.tuples(
                    st.sampled_from([*STATUSES, "assign", "team", "reply", "priority"]), instants(), st.integers(0, 2)
                ),
                max_size=9,
            )
        )
        in_order = draw(st.booleans())
        opened_at = draw(instants())
        if in_order:
            acts.sort(key=lambda act: act[1])
            opened_at = min([opened_at, *(act[1] for act in acts)])
        tickets.append({"opened_at": opened_at, "acts": acts})
    return tickets


def history_of(plan: dict[str, Any], requester: User, people: list[int | None], teams: list[int | None]) -> History:
    history: History = [("ticket.opened", plan["opened_at"], opening(requester), requester.pk)]
    status, assignee, team, priority = "new", None, None, 3
    for act, at, choice in plan["acts"]:
        if act == "assign":
            if people[choice] != assignee:
                history.append(("ticket.assigned", at, {"old": assignee, "new": people[choice]}, people[1]))
                assignee = people[choice]
        elif act == "team":
            if teams[choice] != team:
                history.append(("ticket.team_changed", at, {"old": team, "new": teams[choice]}, people[1]))
                team = teams[choice]
        elif act == "priority":
            data = {"old": priority, "new": choice + 1, "impact": 2, "urgency": 2}
            history.append(("ticket.priority_changed", at, data, people[1]))
            priority = choice + 1
        elif act == "reply":
            kind = ("reply", "requester", "automatic")[choice]
            history.append(("ticket.replied", at, {"message": 1, "message_kind": kind}, people[1]))
        elif act != status and not (act == "resolved" and status == "closed"):
            history.append((*_at(moves(status, act), at), people[1]))
            status = act
    return history


def _at(move: tuple[str, dict[str, Any]], at: datetime) -> tuple[str, datetime, dict[str, Any]]:
    return move[0], at, move[1]


def brute(histories: dict[int, History], span: DeskDay) -> dict[str, Any]:
    """The figures by reading every event of every ticket, in the plainest way."""
    found: dict[str, Any] = {
        "opened": set(), "resolved": set(), "closed": set(), "reopened": set(), "backlog": set(), "answered": set(),
        "reopenings": 0, "reassigned": 0, "teams": {}, "priorities": {},
    }  # fmt: skip
    for ticket_id, history in histories.items():
        status = team = None
        priority, answered = 3, False
        for kind, at, data, _by in history:
            inside, before_end = span.starts_at <= at < span.ends_at, at < span.ends_at
            if kind == "ticket.opened" and inside:
                found["opened"].add(ticket_id)
            if "new_category" in data and inside:
                old, new = data["old_category"], data["new_category"]
                if new in ("resolved", "closed"):
                    found[new].add(ticket_id)
                elif old in ("resolved", "closed"):
                    found["reopened"].add(ticket_id)
                    found["reopenings"] += 1
            if before_end:
                status = data.get("new_category") or data.get("status_category") or status
            if kind == "ticket.assigned" and inside and data["old"] is not None:
                found["reassigned"] += 1
            if kind == "ticket.team_changed" and before_end:
                team = data["new"]
            if kind == "ticket.priority_changed" and before_end:
                priority = data["new"]
            if kind == "ticket.replied" and data["message_kind"] == "reply" and not answered:
                answered = True
                if inside:
                    found["answered"].add(ticket_id)
        if history[0][1] < span.ends_at and status in ("open", "pending"):
            found["backlog"].add(ticket_id)
        found["teams"][ticket_id], found["priorities"][ticket_id] = team, priority
    return found


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(plan=plans(), span=st.sampled_from(SPANS))
def test_a_brute_count_gives_the_same(db: None, plan: list[dict[str, Any]], span: DeskDay) -> None:
    with transaction.atomic():
        requester = make_person(role="requester")
        people = [None, make_person().pk, make_person().pk]
        teams = [None, make_team().pk, make_team().pk]
        planned = [history_of(one, requester, people, teams) for one in plan]
        histories = {write_history(history, requester=requester).pk: history for history in planned}
        expected = brute(histories, span)
        facts = facts_of(span)
        told = assemble(facts, span)
        for code in ("opened", "resolved", "closed", "reopened", "backlog"):
            assert told.ticket_sets.get(code, []) == sorted(expected[code]), code
            assert told.figures[code] == len(expected[code])
        assert told.figures["reopenings"] == expected["reopenings"]
        assert told.figures["reassigned"] == expected["reassigned"]
        assert {event.ticket_id for event in facts.answered_first} == expected["answered"]
        for ticket_id, about in facts.about.items():
            assert about.team_id == expected["teams"][ticket_id]
            assert about.priority == expected["priorities"][ticket_id]
        transaction.set_rollback(True)


def test_an_event_exactly_at_the_end_belongs_to_the_next_day(ticket_at: Callable[..., Ticket]) -> None:
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    before = ticket_at(midnight - ONE_MICROSECOND)
    at_end = ticket_at(midnight)
    solved_at_end = ticket_at(midnight - timedelta(hours=3), ("resolved", midnight))
    report, following = build(date(2026, 3, 4)), build(date(2026, 3, 5))
    sets = {one.key: one.ticket_ids for one in report.ticket_sets.all()}
    next_sets = {one.key: one.ticket_ids for one in following.ticket_sets.all()}
    assert sets["opened"] == sets["backlog"] == ids([before, solved_at_end])
    assert "resolved" not in sets
    assert next_sets["opened"] == ids([at_end])
    assert next_sets["resolved"] == ids([solved_at_end])
    assert next_sets["backlog"] == ids([before, at_end])


def test_breakdowns_tell_what_a_ticket_was_at_the_end_of_the_day(
    requester_user: User, agent_user: User, team: Team
) -> None:
    other = make_team()
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    ticket = write_history(
        [
            ("ticket.opened", noon, opening(requester_user, team=team.pk), requester_user.pk),
            # Exactly at the end of the day, and nothing after it.
            ("ticket.team_changed", noon + timedelta(hours=12), {"old": team.pk, "new": other.pk}, agent_user.pk),
        ],
        requester=requester_user,
    )
    assert ticket.team_id == other.pk
    assert [row["team"] for row in build(date(2026, 3, 4)).tables["teams"]] == [team.pk]
    assert [row["team"] for row in build(date(2026, 3, 5)).tables["teams"]] == [other.pk]


def test_a_ticket_opened_on_own_behalf_waits_for_no_answer(requester_user: User, agent_user: User) -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    reply = ("ticket.replied", noon + timedelta(minutes=4), {"message": 1, "message_kind": "reply"}, agent_user.pk)
    for on_own_behalf in (True, False):
        facts = opening(requester_user, on_own_behalf=on_own_behalf)
        write_history([("ticket.opened", noon, facts, requester_user.pk), reply], requester=requester_user)
    report = build(date(2026, 3, 4))
    assert report.figures["first_response_median"] == 240
    assert report.tables["priorities"][2]["first_response_count"] == 1
    assert report.tables["agents"][0]["answered"] == 2
