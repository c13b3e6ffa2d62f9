"""Procedures on tickets: what is inserted, remembered, and learned."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput, NotFound, NotPermitted
from sop.models import Article, ArticleUse
from sop.operations.applying import NotPublished, apply_article_to_ticket, record_outcome
from sop.operations.articles import ArticleText, archive_article, publish_article, save_version
from sop.queries.effect import Effect, effect_of, list_applied, list_uses
from tests.support.people import NOON, actor_of, make_person
from tickets.models import Ticket, TicketEvent
from tickets.operations.statuses import confirm_fix, reopen_ticket, resolve_ticket, set_status

Write = Callable[..., Article]


def apply(article: Article, ticket: Ticket, actor: Actor, kind: str = "text") -> ArticleUse:
    return apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind=kind, actor=actor, now=NOON).use


def sop_events(ticket: Ticket) -> list[TicketEvent]:
    return list(TicketEvent.objects.filter(ticket=ticket, kind__startswith="sop.").order_by("seq"))


def outcome_of(use: ArticleUse) -> tuple[str, bool]:
    use.refresh_from_db()
    return use.outcome, use.is_stated


@pytest.mark.django_db
def test_the_text_is_inserted_and_the_version_remembered(write_article: Write, ticket: Ticket, agent: Actor) -> None:
    article = write_article(body="Reload **twice**.")
    applied = apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind="text", actor=agent, now=NOON)
    assert (applied.text, applied.is_new) == ("Reload **twice**.", True)
    assert applied.use.version_id == article.published_version_id
    (event,) = sop_events(ticket)
    assert (event.kind, event.actor_label) == ("sop.applied", "Jonas Weber")
    assert event.data == {
        "article": article.pk, "number": article.number, "title": "Queue is empty", "version": 1, "how": "text",
    }  # fmt: skip


@pytest.mark.django_db
def test_using_the_same_version_again_records_nothing(write_article: Write, ticket: Ticket, agent: Actor) -> None:
    article = write_article()
    first = apply(article, ticket, agent)
    again = apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind="link", actor=agent, now=NOON)
    assert (again.use, again.is_new) == (first, False)
    assert len(sop_events(ticket)) == 1


@pytest.mark.django_db
def test_a_link_leads_where_the_reader_may_go(
    write_article: Write, ticket: Ticket, agent: Actor, settings: object
) -> None:
    settings.DESK_URL = "https://desk.example.org"  # type: ignore[attr-defined]
    public, internal = write_article("Queue [EMEA]"), write_article(is_public=False)

    def link(article: Article) -> str:
        return apply_article_to_ticket(
            article_id=article.pk, ticket_id=ticket.pk, kind="link", actor=agent, now=NOON
        ).text

    assert link(public) == f"[Queue (EMEA)](https://desk.example.org/help/{public.number}/)"
    assert link(internal) == f"[Queue is empty](https://desk.example.org/sop/{internal.number}/)"


@pytest.mark.django_db
def test_what_was_approved_is_used_not_what_waits(write_article: Write, ticket: Ticket, agent: Actor) -> None:
    article = write_article(body="Approved.")
    text = ArticleText("Queue is empty", "Newer.", owner_id=article.owner_id, is_public=True)
    save_version(article_id=article.pk, text=text, actor=agent, now=NOON)
    applied = apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind="text", actor=agent, now=NOON)
    assert applied.text == "Approved."


@pytest.mark.django_db
def test_refusals_leave_no_trace(
    write_article: Write, ticket: Ticket, agent: Actor, lead: Actor, requester: Actor
) -> None:
    published, draft, archived = write_article(), write_article(publish=False), write_article()
    archive_article(article_id=archived.pk, actor=lead, now=NOON)
    stranger = actor_of(make_person(role=Role.REQUESTER))
    for article, who, kind, refusal in [
        (published, requester, "text", NotPermitted),
        (published, stranger, "text", NotFound),
        (draft, agent, "text", NotPublished),
        (archived, agent, "text", NotPublished),
        (published, agent, "picture", InvalidInput),
    ]:
        with pytest.raises(refusal):
            apply(article, ticket, who, kind)
    assert not ArticleUse.objects.exists()
    assert sop_events(ticket) == []
    ticket.refresh_from_db()
    assert ticket.version == 1


@pytest.mark.django_db
def test_the_outcome_follows_the_ticket(write_article: Write, ticket: Ticket, agent: Actor, requester: Actor) -> None:
    use = apply(write_article(), ticket, agent)
    assert outcome_of(use) == ("unknown", False)
    resolve_ticket(ticket_id=ticket.pk, actor=agent, now=NOON)
    assert outcome_of(use) == ("solved", False)
    reopen_ticket(ticket_id=ticket.pk, actor=requester, now=NOON)
    assert outcome_of(use) == ("reopened", False)
    resolve_ticket(ticket_id=ticket.pk, actor=agent, now=NOON)
    confirm_fix(ticket_id=ticket.pk, actor=requester, now=NOON)
    assert outcome_of(use) == ("solved", False)
    told = [(event.data["old"], event.data["new"], event.data["stated"]) for event in sop_events(ticket)[1:]]
    assert told == [
        ("unknown", "solved", False),
        ("solved", "reopened", False),
        ("reopened", "solved", False),
    ]
    seqs = list(TicketEvent.objects.filter(ticket=ticket).values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.django_db
def test_a_stated_outcome_outweighs_the_resolution(write_article: Write, ticket: Ticket, agent: Actor) -> None:
    use = apply(write_article(), ticket, agent)
    stated = {"use_id": use.pk, "ticket_id": ticket.pk, "actor": agent, "now": NOON}
    record_outcome(outcome="not_solved", **stated)
    record_outcome(outcome="not_solved", **stated)
    assert len(sop_events(ticket)) == 2
    resolve_ticket(ticket_id=ticket.pk, actor=agent, now=NOON)
    assert outcome_of(use) == ("not_solved", True)


@pytest.mark.django_db
def test_silence_tells_nothing(write_article: Write, ticket: Ticket, agent: Actor) -> None:
    use = apply(write_article(), ticket, agent)
    set_status(ticket_id=ticket.pk, status="resolved", actor=agent, now=NOON, reason="no_answer")
    assert outcome_of(use) == ("unknown", False)


@pytest.mark.django_db
def test_outcomes_are_said_on_the_right_ticket_by_those_who_may(
    write_article: Write, ticket: Ticket, agent: Actor, requester: Actor, requester_user: User
) -> None:
    from tickets.operations.opening import NewTicket, open_ticket

    use = apply(write_article(), ticket, agent)
    other = open_ticket(NewTicket("Other", "Other."), actor=requester, now=NOON)
    for ticket_id, who, outcome, refusal in [
        (other.pk, agent, "solved", NotFound),
        (ticket.pk, requester, "solved", NotPermitted),
        (ticket.pk, agent, "reopened", InvalidInput),
    ]:
        with pytest.raises(refusal):
            record_outcome(use_id=use.pk, ticket_id=ticket_id, outcome=outcome, actor=who, now=NOON)
    assert outcome_of(use) == ("unknown", False)
    assert len(sop_events(ticket)) == 1


@pytest.mark.django_db
def test_effect_counts_uses_by_outcome(write_article: Write, agent: Actor, lead: Actor, requester: Actor) -> None:
    from datetime import timedelta

    from tickets.operations.opening import NewTicket, open_ticket

    article = write_article()
    tickets = [open_ticket(NewTicket(f"T{n}", "Text."), actor=requester, now=NOON) for n in range(5)]
    for each in tickets:
        apply(article, each, agent)
    for each, minutes in zip(tickets[:3], (10, 20, 60), strict=True):
        resolve_ticket(ticket_id=each.pk, actor=agent, now=NOON + timedelta(minutes=minutes))
    reopen_ticket(ticket_id=tickets[2].pk, actor=requester, now=NOON + timedelta(hours=2))
    use = ArticleUse.objects.get(ticket=tickets[3])
    record_outcome(use_id=use.pk, ticket_id=tickets[3].pk, outcome="not_solved", actor=agent, now=NOON)
    effect = effect_of([article.pk], now=NOON + timedelta(hours=3))[article.pk]
    assert effect == Effect(applied=5, solved=2, not_solved=1, reopened=1, unknown=1, median_seconds=900.0)
    assert effect.solved_share == 0.5
    assert effect_of([article.pk], now=NOON + timedelta(days=91)) == {}
    assert len(list_uses(article, viewer=lead)) == 5
    assert [row.outcome for row in list_uses(article, viewer=lead, outcome="solved")] == ["solved", "solved"]


@pytest.mark.django_db
def test_a_ticket_tells_when_a_newer_version_was_approved(
    write_article: Write, ticket: Ticket, agent: Actor, lead: Actor
) -> None:
    article = write_article()
    apply(article, ticket, agent)
    text = ArticleText("Queue is empty", "Newer.", owner_id=article.owner_id, is_public=True)
    save_version(article_id=article.pk, text=text, actor=agent, now=NOON)
    publish_article(article_id=article.pk, actor=lead, now=NOON)
    (row,) = list_applied(ticket)
    assert (row.number, row.version, row.published_version) == (article.number, 1, 2)
