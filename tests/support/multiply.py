"""Many rows from few, in the database: for tests that ask whether a number of rows matters.

The copies stand as operations left their originals. Nothing here is for tests of what operations write.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

from escalations.models import Timer
from puo_desk.accounts.models import User
from puo_desk.notifications.models import Notification
from sop.models import Article, ArticleSearch, ArticleVersion
from sop.vocabulary import parse_article_number
from tickets.models import Message, Ticket, TicketEvent, TicketSearch


def add_tickets(ticket: Ticket, *, copies: int, whole_history: bool = False) -> list[int]:
    """Tickets like this one, each with its words and the first event of its history (or all of it); their ids."""
    ids = _copy(Ticket, ticket.pk, copies, {})
    pairs = "unnest(%s::bigint[]) AS fresh(id)"
    some = "source.ticket_id = %s" + ("" if whole_history else " AND source.seq = 1")
    _insert(TicketSearch, "source.ticket_id = %s", pairs, [ids, ticket.pk], {"ticket": "fresh.id"})
    _insert(TicketEvent, some, pairs, [ids, ticket.pk], {"ticket": "fresh.id"})
    return ids


def add_timers(ticket: Ticket, ticket_ids: list[int]) -> None:
    """The promises of this ticket, on other tickets too."""
    fresh = "unnest(%s::bigint[]) AS fresh(id)"
    _insert(Timer, "source.ticket_id = %s", fresh, [ticket_ids, ticket.pk], {"ticket": "fresh.id"})


def add_conversation(ticket: Ticket, *, copies: int) -> None:
    """Replies on this ticket, with their events."""
    ticket.refresh_from_db()
    first = ticket.messages.earliest("pk")
    last = ticket.last_event_seq
    place = {"event_seq": f"{last} + fresh.id"}
    _insert(Message, "source.id = %s", "generate_series(1, %s) AS fresh(id)", [copies, first.pk], place)
    event = TicketEvent.objects.filter(ticket=ticket, kind="ticket.replied").earliest("seq")
    _insert(
        TicketEvent,
        "source.id = %s",
        "generate_series(1, %s) AS fresh(id)",
        [copies, event.pk],
        {"seq": f"{last} + fresh.id"},
    )
    Ticket.objects.filter(pk=ticket.pk).update(last_event_seq=last + copies)
    ticket.refresh_from_db()


def add_articles(number: str, *, copies: int) -> None:
    """Published procedures like the one of that number, each with its version."""
    article = Article.objects.get(pk=parse_article_number(number))
    ids = _copy(Article, article.pk, copies, {})
    fresh = "unnest(%s::bigint[]) AS fresh(id)"
    _insert(ArticleVersion, "source.id = %s", fresh, [ids, article.published_version_id], {"article": "fresh.id"})
    _insert(ArticleSearch, "source.article_id = %s", fresh, [ids, article.pk], {"article": "fresh.id"})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {Article._meta.db_table} AS article
               SET published_version_id = version.id, current_version_id = version.id
              FROM {ArticleVersion._meta.db_table} AS version
             WHERE version.article_id = article.id AND article.id = ANY(%s)
            """,
            [ids],
        )


def add_news(person: User, *, copies: int) -> None:
    """Unread news like the person's first."""
    first = Notification.objects.filter(recipient=person, channel="in_app").earliest("pk")
    _insert(
        Notification,
        "source.id = %s",
        "generate_series(1, %s) AS fresh(id)",
        [copies, first.pk],
        {"dedupe": "source.dedupe || '-' || gen_random_uuid()"},
    )


def _copy(model: type[Model], key: int, copies: int, changes: dict[str, str]) -> list[int]:
    return _insert(model, "source.id = %s", "generate_series(1, %s) AS fresh(id)", [copies, key], changes)


def _insert(model: type[Model], where: str, fresh: str, parameters: list, changes: dict[str, str]) -> list[int]:
    table, key = model._meta.db_table, model._meta.pk
    columns, values = [], []
    for field in model._meta.concrete_fields:
        if field.generated or (field.primary_key and field.get_internal_type() == "BigAutoField"):
            continue
        columns.append(f'"{field.column}"')
        values.append(changes.get(field.name, f'source."{field.column}"'))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {fresh}, {table} AS source"
            f' WHERE {where} RETURNING "{key.column}"',
            parameters,
        )
        return [row[0] for row in cursor.fetchall()]
