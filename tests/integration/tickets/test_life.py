"""A ticket's life through the operations: what happens, who may, what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound, NotPermitted, StaleVersion
from puo_desk.notifications.models import Notification
from tests.support.desk import after, assert_folds_to_row, kinds_of, make_category, make_ticket
from tests.support.people import actor_of, make_person, make_team
from tickets.models import Message, Status, Ticket, TicketEvent, TicketLink
from tickets.operations import assignment, conversation, properties, relations, statuses
from tickets.operations.conversation import NewerMessages, TicketIsClosed
from tickets.operations.statuses import NotSolvedYet, TransitionRefused

pytestmark = pytest.mark.django_db


def test_opening_tells_everything_there_is_to_know(amara: User) -> None:
    team = make_team("Review platforms")
    category = make_category(team=team, fields=({"key": "queue", "label": "Queue", "is_required": True},))
    ticket = make_ticket(amara, category_id=category.pk, impact=1, urgency=2, form_answers={"queue": "video"})
    opened = TicketEvent.objects.get(ticket=ticket, kind="ticket.opened")
    assert opened.data == {
        "subject": "Queue shows no items",
        "requester": amara.pk,
        "assignee": None,
        "team": team.pk,
        "category": category.pk,
        "status": "new",
        "status_category": "open",
        "waiting_on": "",
        "impact": 1,
        "urgency": 2,
        "priority": 2,
        "channel": "web",
        "on_own_behalf": False,
    }
    assert (opened.seq, opened.actor_id, opened.actor_label, opened.source) == (1, amara.pk, "Amara Okafor", "web")
    message = Message.objects.get(ticket=ticket)
    assert (message.kind, message.author_id, message.event_seq) == ("requester", amara.pk, 1)
    assert_folds_to_row(ticket)


def test_the_first_sentence_is_the_subject_when_none_is_given(amara: User) -> None:
    ticket = make_ticket(amara, subject="", body="**Console** answers 502. Since this morning.\n\nAll of us.")
    assert ticket.subject == "Console answers 502"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"body": "  \n "}, "body"),
        ({"body": "x" * 100_001}, "body"),
        ({"subject": "x" * 201}, "subject"),
        ({"category_id": 999_999}, "category"),
        ({"incident_id": 999_999}, "incident"),
    ],
)
def test_a_request_that_cannot_be_kept_names_its_fault(amara: User, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_ticket(amara, **asked)
    assert list(refused.value.errors) == [field]
    assert not Ticket.objects.exists()
    assert not TicketEvent.objects.exists()


def test_a_form_is_judged_before_anything_is_kept(amara: User) -> None:
    category = make_category(fields=({"key": "queue", "label": "Queue", "is_required": True},))
    with pytest.raises(InvalidInput) as refused:
        make_ticket(amara, category_id=category.pk, form_answers={"page": "x"})
    assert sorted(refused.value.errors) == ["form_answers.page", "form_answers.queue"]
    assert not Ticket.objects.exists()


def test_only_the_desk_opens_for_others(amara: User, jonas: User) -> None:
    other = make_person("luiza", role=Role.REQUESTER)
    with pytest.raises(NotPermitted):
        make_ticket(amara, by=actor_of(other))
    ticket = make_ticket(amara, by=actor_of(jonas), channel="phone")
    assert (ticket.requester_id, ticket.opened_by_id, ticket.waiting_since) == (amara.pk, jonas.pk, after())
    message = Message.objects.get(ticket=ticket)
    assert (message.author_id, message.author_label) == (amara.pk, "Amara Okafor")
    assert_folds_to_row(ticket)


def test_an_agent_asking_for_the_own_desk_waits_for_no_answer(jonas: User) -> None:
    ticket = make_ticket(jonas)
    assert ticket.waiting_since is None
    assert TicketEvent.objects.get(ticket=ticket, kind="ticket.opened").data["on_own_behalf"] is True


def test_claim_reply_wait_answer_resolve_confirm_rate(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    agent, requester = actor_of(jonas), actor_of(amara)
    assignment.claim_ticket(ticket_id=ticket.pk, actor=agent, now=after(minutes=1))
    conversation.reply_to_ticket(
        ticket_id=ticket.pk, body="Please reload.", actor=agent, now=after(minutes=2), set_status="waiting_requester"
    )
    ticket.refresh_from_db()
    assert (ticket.first_replied_at, ticket.waiting_since) == (after(minutes=2), None)
    assert ticket.status.code == "waiting_requester"
    conversation.reply_to_ticket(ticket_id=ticket.pk, body="Still empty.", actor=requester, now=after(minutes=5))
    ticket.refresh_from_db()
    assert (ticket.status.code, ticket.waiting_since) == ("in_progress", after(minutes=5))
    conversation.note_on_ticket(ticket_id=ticket.pk, body="rr-v12 again", actor=agent, now=after(minutes=6))
    conversation.reply_to_ticket(
        ticket_id=ticket.pk, body="Rolled back.", actor=agent, now=after(minutes=7), set_status="resolved"
    )
    statuses.confirm_fix(ticket_id=ticket.pk, actor=requester, now=after(minutes=9))
    statuses.rate_ticket(ticket_id=ticket.pk, score=5, comment="quick", actor=requester, now=after(minutes=10))
    ticket.refresh_from_db()
    assert (ticket.resolved_at, ticket.closed_at, ticket.rating) == (after(minutes=7), after(minutes=9), 5)
    ours = [kind for kind in kinds_of(ticket) if kind.startswith("ticket.")]
    assert ours == [
        "ticket.opened", "ticket.assigned", "ticket.status_changed", "ticket.replied", "ticket.status_changed",
        "ticket.replied", "ticket.status_changed", "ticket.noted", "ticket.replied", "ticket.resolved",
        "ticket.confirmed", "ticket.closed", "ticket.rated",
    ]  # fmt: skip
    assert_folds_to_row(ticket)


def test_one_act_has_one_request_id(amara: User, jonas: User) -> None:
    ticket, agent = make_ticket(amara), actor_of(jonas)
    conversation.reply_to_ticket(ticket_id=ticket.pk, body="Done.", actor=agent, now=after(), set_status="resolved")
    events = TicketEvent.objects.filter(ticket=ticket, kind__in=["ticket.replied", "ticket.resolved"])
    assert set(events.values_list("request_id", flat=True)) == {agent.request_id}


def test_a_requester_who_writes_brings_a_solved_ticket_back(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    statuses.resolve_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=after(minutes=1))
    statuses.close_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=after(minutes=2))
    conversation.reply_to_ticket(ticket_id=ticket.pk, body="It is back.", actor=actor_of(amara), now=after(minutes=3))
    ticket.refresh_from_db()
    assert (ticket.status_category, ticket.reopened_count) == ("open", 1)
    assert (ticket.resolved_at, ticket.closed_at, ticket.waiting_since) == (None, None, after(minutes=3))
    assert_folds_to_row(ticket)


def test_nobody_else_writes_to_a_closed_ticket(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    statuses.close_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=after())
    with pytest.raises(TicketIsClosed):
        conversation.reply_to_ticket(ticket_id=ticket.pk, body="One more thing", actor=actor_of(jonas), now=after())


def test_a_closed_ticket_is_not_resolved(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    statuses.close_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=after())
    with pytest.raises(TransitionRefused) as refused:
        statuses.resolve_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=after())
    assert dict(refused.value.facts) == {"old": "closed", "new": "resolved"}


def test_what_is_not_solved_is_neither_confirmed_nor_rated_nor_reopened(amara: User) -> None:
    ticket, requester = make_ticket(amara), actor_of(amara)
    before = kinds_of(ticket)
    acts: list[Callable[[], Any]] = [
        lambda: statuses.confirm_fix(ticket_id=ticket.pk, actor=requester, now=after()),
        lambda: statuses.rate_ticket(ticket_id=ticket.pk, score=3, comment="", actor=requester, now=after()),
        lambda: statuses.reopen_ticket(ticket_id=ticket.pk, actor=requester, now=after()),
    ]
    for act in acts:
        with pytest.raises(NotSolvedYet):
            act()
    assert kinds_of(ticket) == before


def test_confirming_twice_is_confirming_once(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    statuses.resolve_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=after())
    for _time in range(2):
        statuses.confirm_fix(ticket_id=ticket.pk, actor=actor_of(amara), now=after(minutes=1))
    assert kinds_of(ticket).count("ticket.confirmed") == 1


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_is_from_one_to_five(amara: User, score: int) -> None:
    ticket = make_ticket(amara)
    with pytest.raises(InvalidInput):
        statuses.rate_ticket(ticket_id=ticket.pk, score=score, comment="", actor=actor_of(amara), now=after())


def test_a_stale_version_changes_nothing(amara: User, jonas: User) -> None:
    ticket, agent = make_ticket(amara), actor_of(jonas)
    properties.set_priority(ticket_id=ticket.pk, priority=1, actor=agent, now=after(), expected_version=1)
    before = kinds_of(ticket)
    with pytest.raises(StaleVersion) as refused:
        properties.set_priority(ticket_id=ticket.pk, priority=2, actor=agent, now=after(), expected_version=1)
    assert refused.value.facts == {"current_version": 2, "seen_version": 1}
    ticket.refresh_from_db()
    assert (ticket.priority, kinds_of(ticket)) == (1, before)


def test_doing_what_is_done_already_records_nothing(amara: User, jonas: User) -> None:
    ticket, agent = make_ticket(amara), actor_of(jonas)
    assignment.assign_ticket(ticket_id=ticket.pk, assignee_id=jonas.pk, actor=agent, now=after())
    properties.tag_ticket(ticket_id=ticket.pk, add=["Routing", " routing "], actor=agent, now=after())
    relations.watch_ticket(ticket_id=ticket.pk, actor=agent, now=after())
    ticket.refresh_from_db()
    version, before = ticket.version, kinds_of(ticket)
    assignment.assign_ticket(ticket_id=ticket.pk, assignee_id=jonas.pk, actor=agent, now=after())
    properties.tag_ticket(ticket_id=ticket.pk, add=["routing"], actor=agent, now=after())
    properties.set_priority(ticket_id=ticket.pk, priority=ticket.priority, actor=agent, now=after())
    properties.rename_ticket(ticket_id=ticket.pk, subject=ticket.subject, actor=agent, now=after())
    relations.watch_ticket(ticket_id=ticket.pk, actor=agent, now=after())
    statuses.set_status(ticket_id=ticket.pk, status=ticket.status.code, actor=agent, now=after())
    ticket.refresh_from_db()
    assert (ticket.version, kinds_of(ticket), ticket.tag_names) == (version, before, ["routing"])


def test_moving_to_another_team_lets_go_of_who_is_not_of_it(amara: User) -> None:
    mei, ivo = make_person("mei"), make_person("ivo")
    ours, theirs = make_team("Ours", members=(mei,)), make_team("Theirs", members=(mei, ivo))
    lone = make_person("lone")
    ticket = make_ticket(amara)
    agent = actor_of(mei)
    assignment.assign_ticket(ticket_id=ticket.pk, assignee_id=mei.pk, actor=agent, now=after())
    assignment.move_to_team(ticket_id=ticket.pk, team_id=theirs.pk, actor=agent, now=after())
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (theirs.pk, mei.pk)
    assignment.assign_ticket(ticket_id=ticket.pk, assignee_id=lone.pk, actor=agent, now=after())
    assignment.move_to_team(ticket_id=ticket.pk, team_id=ours.pk, actor=agent, now=after())
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id, ticket.reassigned_count) == (ours.pk, None, 2)
    assert_folds_to_row(ticket)


def test_a_reply_past_newer_messages_is_held_back(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    seen = ticket.last_event_seq
    conversation.reply_to_ticket(ticket_id=ticket.pk, body="Now it works", actor=actor_of(amara), now=after())
    with pytest.raises(NewerMessages) as refused:
        conversation.reply_to_ticket(
            ticket_id=ticket.pk, body="Reload", actor=actor_of(jonas), now=after(), last_seen_seq=seen
        )
    assert refused.value.facts["count"] == 1
    assert Message.objects.filter(ticket=ticket).count() == 2


def test_one_act_tells_each_interested_person_once_and_never_the_actor(amara: User, jonas: User) -> None:
    mei = make_person("mei")
    ticket, agent = make_ticket(amara), actor_of(jonas)
    assignment.claim_ticket(ticket_id=ticket.pk, actor=agent, now=after())
    relations.watch_ticket(ticket_id=ticket.pk, actor=actor_of(mei), now=after())
    Notification.objects.all().delete()
    conversation.reply_to_ticket(ticket_id=ticket.pk, body="Done", actor=agent, now=after(), set_status="resolved")
    told = Notification.objects.filter(channel="in_app").values_list("recipient_id", flat=True)
    assert sorted(told) == sorted([amara.pk, mei.pk])


REQUESTER_MAY_NOT: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("note", conversation.note_on_ticket, {"body": "x"}),
    ("claim", assignment.claim_ticket, {}),
    ("assign", assignment.assign_ticket, {"assignee_id": None}),
    ("team", assignment.move_to_team, {"team_id": None}),
    ("status", statuses.set_status, {"status": "waiting_requester"}),
    ("resolve", statuses.resolve_ticket, {}),
    ("close", statuses.close_ticket, {}),
    ("priority", properties.set_priority, {"priority": 1}),
    ("category", properties.set_category, {"category_id": None}),
    ("rename", properties.rename_ticket, {"subject": "x"}),
    ("tag", properties.tag_ticket, {"add": ["x"]}),
    ("watch", relations.watch_ticket, {}),
]


@pytest.mark.parametrize(("name", "act", "given"), REQUESTER_MAY_NOT, ids=[row[0] for row in REQUESTER_MAY_NOT])
def test_a_requester_is_refused_and_nothing_happens(
    amara: User, name: str, act: Callable[..., Any], given: dict[str, Any]
) -> None:
    ticket = make_ticket(amara)
    before, told = kinds_of(ticket), Notification.objects.count()
    with pytest.raises(NotPermitted):
        act(ticket_id=ticket.pk, actor=actor_of(amara), now=after(), **given)
    fresh = Ticket.objects.get(pk=ticket.pk)
    assert (fresh.version, kinds_of(ticket), Notification.objects.count()) == (1, before, told)


@pytest.mark.parametrize(("name", "act", "given"), REQUESTER_MAY_NOT, ids=[row[0] for row in REQUESTER_MAY_NOT])
def test_somebody_elses_ticket_is_not_there(
    amara: User, name: str, act: Callable[..., Any], given: dict[str, Any]
) -> None:
    ticket = make_ticket(amara)
    before = kinds_of(ticket)
    with pytest.raises(NotFound):
        act(ticket_id=ticket.pk, actor=actor_of(make_person(role=Role.REQUESTER)), now=after(), **given)
    assert kinds_of(ticket) == before


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.ADMIN])
def test_confirming_and_rating_belong_to_the_requester_alone(amara: User, role: Role) -> None:
    ticket = make_ticket(amara)
    someone = actor_of(make_person(role=role))
    statuses.resolve_ticket(ticket_id=ticket.pk, actor=someone, now=after())
    acts: list[Callable[[], Any]] = [
        lambda: statuses.confirm_fix(ticket_id=ticket.pk, actor=someone, now=after()),
        lambda: statuses.rate_ticket(ticket_id=ticket.pk, score=5, comment="", actor=someone, now=after()),
    ]
    for act in acts:
        with pytest.raises(NotPermitted):
            act()


def test_an_engineer_sees_the_own_teams_tickets_alone(amara: User) -> None:
    routing = make_team("Routing")
    daniel = make_person("daniel", role=Role.ENGINEER)
    routing.members.add(daniel)
    ticket = make_ticket(amara)
    engineer = actor_of(daniel)
    with pytest.raises(NotFound):
        conversation.note_on_ticket(ticket_id=ticket.pk, body="x", actor=engineer, now=after())
    assignment.move_to_team(ticket_id=ticket.pk, team_id=routing.pk, actor=actor_of(make_person()), now=after())
    conversation.note_on_ticket(ticket_id=ticket.pk, body="On it", actor=engineer, now=after())
    with pytest.raises(NotPermitted):
        properties.set_priority(ticket_id=ticket.pk, priority=1, actor=engineer, now=after())


def test_what_is_related_is_so_from_both_sides(amara: User, jonas: User) -> None:
    one, other, agent = make_ticket(amara), make_ticket(amara), actor_of(jonas)
    relations.link_tickets(ticket_id=one.pk, other_id=other.pk, kind="related", actor=agent, now=after())
    relations.link_tickets(ticket_id=other.pk, other_id=one.pk, kind="related", actor=agent, now=after())
    assert "ticket.linked" not in kinds_of(other)
    relations.unlink_tickets(ticket_id=other.pk, other_id=one.pk, kind="related", actor=agent, now=after())
    assert not TicketLink.objects.exists()
    assert kinds_of(other)[-1] == "ticket.unlinked"


def test_links_lead_only_where_the_actor_may_look(amara: User, jonas: User) -> None:
    ticket, other = make_ticket(amara), make_ticket(amara)
    agent = actor_of(jonas)
    relations.link_tickets(ticket_id=ticket.pk, other_id=other.pk, kind="duplicate", actor=agent, now=after())
    with pytest.raises(InvalidInput):
        relations.link_tickets(ticket_id=ticket.pk, other_id=ticket.pk, kind="related", actor=agent, now=after())
    with pytest.raises(InvalidInput):
        relations.link_tickets(ticket_id=ticket.pk, other_id=999_999, kind="related", actor=agent, now=after())
    relations.unlink_tickets(ticket_id=ticket.pk, other_id=other.pk, kind="duplicate", actor=agent, now=after())
    assert kinds_of(ticket)[-2:] == ["ticket.linked", "ticket.unlinked"]


def test_an_inactive_status_is_not_to_be_had(amara: User, jonas: User) -> None:
    Status.objects.filter(code="waiting_third_party").update(is_active=False)
    ticket = make_ticket(amara)
    with pytest.raises(InvalidInput):
        statuses.set_status(ticket_id=ticket.pk, status="waiting_third_party", actor=actor_of(jonas), now=after())


def test_a_refusal_is_a_sentence_with_a_code() -> None:
    for refusal in (NotSolvedYet(), TransitionRefused(old="closed", new="resolved"), TicketIsClosed()):
        assert isinstance(refusal, DomainError)
        assert str(refusal).endswith(".")
        assert refusal.code.replace("_", "").isalpha()
