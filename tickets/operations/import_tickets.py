"""Writing imported tickets with their whole history, in batches, each in one transaction.

Nobody is notified and no subscriber of single changes is called: most of it happened long ago. Whoever keeps
promises about tickets that are still active is told through ``tickets.imports.hooks``. What a ticket would do
by itself when nobody answers (``FollowUp``) is not armed either: its days are over, and it writes to people.

A ticket is known by the source and its number there. A ticket that is here already is skipped with all its
rows, so an interrupted import goes on where it stopped and a finished one adds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.markdown import plain_text_preview, render_markdown
from tickets.imports.differ import Step, steps_of
from tickets.imports.history import Directory, StatusFacts, TicketHistory
from tickets.imports.hooks import tell_imported
from tickets.imports.refusals import RefusedRow
from tickets.models import Message, Ticket, TicketEvent, TicketSearch
from tickets.operations.copying import copy_models, copy_rows
from tickets.operations.import_directory import directory_for, known_statuses
from tickets.operations.search_documents import index_new_tickets
from tickets.rules.replay import PastEvent, TicketState, fold
from tickets.vocabulary import ACTIVE, PREVIEW_LENGTH, MessageKind, ticket_number

BATCH_TICKETS = 500
BATCH_ROWS = 5_000
SOURCE = "import"
_ONE_IMPORT_AT_A_TIME = 0x50554F_1
_EVENT_FIELDS = (
    "ticket_id", "seq", "kind", "actor_id", "actor_label", "source", "occurred_at", "data", "request_id",
)  # fmt: skip

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ImportRun:
    """Where histories come from: the system (with a number there it names a ticket) and the file, by its content."""

    source: str
    file: str
    is_rehearsal: bool = False

    def request_id(self, line: int) -> str:
        """The name of the act that a row of the file tells of: the same whenever the file is read."""
        return f"import-{self.file}-{line}"


@dataclass(slots=True)
class ImportSummary:
    """What became of everything read. Every row read was written, skipped or refused."""

    rows_read: int = 0
    rows_written: int = 0
    rows_skipped: int = 0
    rows_refused: int = 0
    tickets_read: int = 0
    tickets_written: int = 0
    tickets_skipped: int = 0
    tickets_refused: int = 0
    events_written: int = 0

    @property
    def under_way(self) -> tuple[int, int]:
        """Rows and tickets read whose batch is not committed: what an interruption undoes."""
        rows = self.rows_written + self.rows_skipped + self.rows_refused
        tickets = self.tickets_written + self.tickets_skipped + self.tickets_refused
        return self.rows_read - rows, self.tickets_read - tickets

    @property
    def adds_up(self) -> bool:
        """Whether everything read is accounted for; it is, unless a batch is under way."""
        return self.under_way == (0, 0)


@dataclass(slots=True)
class _Batch:
    """Histories of one transaction, and what is to be counted once it is committed."""

    run: ImportRun
    actor: Actor
    now: datetime
    statuses: dict[str, StatusFacts]
    written: list[TicketHistory] = field(default_factory=list)
    skipped: list[TicketHistory] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    refused_tickets: int = 0
    events: int = 0


def import_tickets(
    gathered: Iterable[TicketHistory | RefusedRow],
    *,
    run: ImportRun,
    actor: Actor,
    now: datetime,
    refuse: Callable[[RefusedRow], None],
    progress: Callable[[ImportSummary], None],
    summary: ImportSummary | None = None,
    limit: int | None = None,
) -> ImportSummary:
    """Write histories that are not here yet, and count what became of every row.

    ``refuse`` is called with each row left out, ``progress`` after each batch. ``limit`` is a number of
    tickets. ``summary`` is counted up, so that it can be told when the import is interrupted.

    Emits: the tickets' own history; person.added. Raises: NotPermitted.
    """
    require(actor, "ticket.import")
    counted = summary if summary is not None else ImportSummary()
    statuses = known_statuses()
    try:
        for histories, refused in _batches(gathered, limit):
            counted.rows_read += len(refused) + sum(len(history.rows) for history in histories)
            counted.tickets_read += len(histories)
            batch = _import_batch(histories, _Batch(run, actor, now, statuses))
            _count(counted, batch, also_refused=len(refused))
            for row in (*refused, *batch.refused):
                refuse(row)
            progress(counted)
    finally:
        if counted.tickets_written:
            _tell_the_planner()
    return counted


def _tell_the_planner() -> None:
    """What PostgreSQL knows of a desk that was empty is wrong now, and its own look may come after the first report."""
    tables = ", ".join(model._meta.db_table for model in (Ticket, TicketEvent, Message, TicketSearch))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def _batches(
    gathered: Iterable[TicketHistory | RefusedRow], limit: int | None
) -> Iterator[tuple[list[TicketHistory], list[RefusedRow]]]:
    """Parts that fit in a transaction and in memory."""
    histories: list[TicketHistory] = []
    refused: list[RefusedRow] = []
    rows = 0
    for one in _first_tickets(gathered, limit):
        if isinstance(one, RefusedRow):
            refused.append(one)
            rows += 1
        else:
            histories.append(one)
            rows += len(one.rows)
        if len(histories) >= BATCH_TICKETS or rows >= BATCH_ROWS:
            yield histories, refused
            histories, refused, rows = [], [], 0
    if histories or refused:
        yield histories, refused


def _first_tickets(
    gathered: Iterable[TicketHistory | RefusedRow], limit: int | None
) -> Iterator[TicketHistory | RefusedRow]:
    if limit is None:
        yield from gathered
        return
    left = limit
    for one in gathered:
        yield one
        left -= isinstance(one, TicketHistory)
        if left == 0:
            return


def _count(summary: ImportSummary, batch: _Batch, *, also_refused: int) -> None:
    summary.rows_written += sum(len(history.rows) for history in batch.written)
    summary.rows_skipped += sum(len(history.rows) for history in batch.skipped)
    summary.rows_refused += also_refused + len(batch.refused)
    summary.tickets_written += len(batch.written)
    summary.tickets_skipped += len(batch.skipped)
    summary.tickets_refused += batch.refused_tickets
    summary.events_written += batch.events


def _import_batch(histories: Sequence[TicketHistory], batch: _Batch) -> _Batch:
    """Write them together; when that fails, one by one, so that a poisoned ticket harms no other."""
    try:
        return _write_batch(histories, batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.warning("import: a batch was refused; its tickets are tried one by one", exc_info=True)
    alone = _Batch(batch.run, batch.actor, batch.now, batch.statuses)
    for history in histories:
        try:
            one = _write_batch([history], _Batch(batch.run, batch.actor, batch.now, batch.statuses))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            _refuse(alone, history, f"could not be written: {str(error).splitlines()[0] if str(error) else error!r}")
        else:
            _merge(alone, one)
    return alone


def _merge(batch: _Batch, other: _Batch) -> None:
    batch.written += other.written
    batch.skipped += other.skipped
    batch.refused += other.refused
    batch.refused_tickets += other.refused_tickets
    batch.events += other.events


def _refuse(batch: _Batch, history: TicketHistory, reason: str) -> None:
    batch.refused += [RefusedRow(row.line, history.external_id, reason, row.cells) for row in history.rows]
    batch.refused_tickets += 1


@transaction.atomic
def _write_batch(histories: Sequence[TicketHistory], batch: _Batch) -> _Batch:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_IMPORT_AT_A_TIME])
    _sort_out(histories, batch)
    if batch.run.is_rehearsal or not batch.written:
        return batch
    directory = directory_for(
        batch.written, source=batch.run.source, statuses=batch.statuses, actor=batch.actor, now=batch.now
    )
    _write(batch, directory)
    return batch


def _sort_out(histories: Sequence[TicketHistory], batch: _Batch) -> None:
    """Skip what is here already. Rows of a ticket that this same file told of further up are refused."""
    written_as = _acts_that_opened(batch.run.source, [history.external_id for history in histories])
    for history in histories:
        own_act = batch.run.request_id(history.first_line)
        act = written_as.get(history.external_id)
        if act is None:
            written_as[history.external_id] = own_act
            batch.written.append(history)
        elif act != own_act and act.startswith(batch.run.request_id(0)[:-1]):
            _refuse(batch, history, f"the rows of this ticket do not stand together; see line {act.rpartition('-')[2]}")
        else:
            batch.skipped.append(history)


def _acts_that_opened(source: str, external_ids: list[str]) -> dict[str, str]:
    """Tickets of the source that are here, by their number there, with the act that opened them."""
    # Saying that the number is not empty lets PostgreSQL use the index, which holds no others.
    known = Ticket.objects.filter(external_source=source, external_id__in=external_ids, external_scope=None)
    known = known.exclude(external_id="")
    here = dict(known.values_list("id", "external_id"))
    acts = dict(TicketEvent.objects.filter(ticket_id__in=here, seq=1).values_list("ticket_id", "request_id"))
    return {external_id: acts.get(pk, "") for pk, external_id in here.items()}


def _write(batch: _Batch, directory: Directory) -> None:
    ids = _reserve_ids(len(batch.written))
    tickets: list[Ticket] = []
    messages: list[Message] = []
    rows: list[tuple[object, ...]] = []
    for pk, history in zip(ids, batch.written, strict=True):
        steps = steps_of(history, directory)
        rows += _event_rows(pk, steps, batch.run)
        tickets.append(_ticket(pk, history, steps, directory, batch.run.source))
        if history.opening.body:
            messages.append(_opening_message(tickets[-1], history))
    copy_models(tickets)
    copy_rows(TicketEvent, _EVENT_FIELDS, rows)
    copy_models(messages)
    index_new_tickets(
        {pk: _words(pk, history) for pk, history in zip(ids, batch.written, strict=True)},
        language=settings.LANGUAGE_CODE,
    )
    batch.events = len(rows)
    tell_imported([ticket.pk for ticket in tickets if ticket.status_category in ACTIVE], batch.now)


def _reserve_ids(count: int) -> list[int]:
    """Numbers in the order of the file, taken from the sequence that all tickets get theirs from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('tickets_ticket', 'id')) FROM generate_series(1, %s)", [count]
        )
        return sorted(row[0] for row in cursor.fetchall())


def _event_rows(ticket_id: int, steps: Sequence[Step], run: ImportRun) -> Iterator[tuple[object, ...]]:
    for seq, step in enumerate(steps, start=1):
        yield (
            ticket_id, seq, step.kind, None, step.by, SOURCE, step.at, step.data,
            run.request_id(step.line),
        )  # fmt: skip


def _ticket(pk: int, history: TicketHistory, steps: Sequence[Step], directory: Directory, source: str) -> Ticket:
    """The row, as folding the events gives it."""
    state = _state_after(steps)
    opening = history.opening
    return Ticket(
        pk=pk,
        subject=state.subject,
        requester_id=directory.people[history.requester],
        team_id=state.team,
        assignee_id=state.assignee,
        category_id=state.category,
        status_id=directory.statuses[state.status].id,
        status_category=state.status_category,
        impact=state.impact,
        urgency=state.urgency,
        priority=state.priority,
        channel=opening.channel,
        form_answers=dict(opening.answers),
        opened_at=opening.opened_at,
        updated_at=max(step.at for step in steps),
        waiting_since=state.waiting_since,
        resolved_at=state.resolved_at,
        closed_at=state.closed_at,
        reopened_count=state.reopened_count,
        reassigned_count=state.reassigned_count,
        preview=plain_text_preview(opening.body, PREVIEW_LENGTH) if opening.body else "",
        external_source=source,
        external_id=history.external_id,
        last_event_seq=state.last_event_seq,
    )


def _state_after(steps: Sequence[Step]) -> TicketState:
    return fold(PastEvent(seq, step.kind, step.at, step.data) for seq, step in enumerate(steps, start=1))


def _opening_message(ticket: Ticket, history: TicketHistory) -> Message:
    """The requester's words belong to the opening, as when a ticket is opened at the desk."""
    return Message(
        ticket_id=ticket.pk,
        kind=MessageKind.REQUESTER,
        author_id=ticket.requester_id,
        author_label=history.requester,
        body=history.opening.body,
        body_html=str(render_markdown(history.opening.body)),
        channel=ticket.channel,
        created_at=ticket.opened_at,
        event_seq=1,
    )


def _words(pk: int, history: TicketHistory) -> tuple[str, str]:
    opening = history.opening
    heading = f"{ticket_number(pk)} {pk} {history.external_id} {opening.subject}"
    return heading, "\n".join((opening.subject, *opening.answers.values(), opening.body))
