"""Importing a small log: what is written, what is not, and what happens when it is run again."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from puo_desk.accounts.models import PersonEvent, Team, User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotPermitted
from tests.support.made_log import FOUR_LIVES, as_csv, log_row, write_log
from tickets.imports import hooks
from tickets.models import Category, FollowUp, Message, Ticket, TicketEvent, TicketSearch
from tickets.operations import import_tickets as importing
from tickets.operations.import_tickets import ImportRun, import_tickets
from tickets.rules.replay import PastEvent, fold

pytestmark = pytest.mark.django_db
BODY = "It\\takes <b>minutes</b>\nand more"


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What the hook for active tickets was told, in place of whoever keeps promises."""
    calls: list[list[int]] = []
    monkeypatch.setattr(hooks, "_handlers", [lambda ids, now: calls.append(list(ids))])
    return calls


@pytest.fixture
def refused_file(tmp_path: Path) -> Path:
    return tmp_path / "refused.csv"


@pytest.fixture
def run(refused_file: Path) -> Callable[..., str]:
    """Runs the command on a file and returns what it prints at the end."""

    def run_import(path: Path, *options: str, format_name: str = "servicenow-log") -> str:
        out = io.StringIO()
        arguments = ["--format", format_name, "--refused", str(refused_file), *options]
        call_command("import_tickets", str(path), *arguments, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return run_import


def counts_in(printed: str) -> dict[str, tuple[int, int]]:
    """The summary's rows and tickets by word."""
    lines = (line.split() for line in printed.splitlines()[1:5])
    return {" ".join(words[:-2]): (int(words[-2].replace(",", "")), int(words[-1].replace(",", ""))) for words in lines}


def refused_rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))[1:]


def past_of(ticket: Ticket) -> list[PastEvent]:
    return [PastEvent(e.seq, e.kind, e.occurred_at, e.data) for e in ticket.events.order_by("seq")]


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2016, month, day, hour, minute, tzinfo=UTC)


def test_a_ticket_gets_its_row_and_its_history_at_the_original_instants(
    tmp_path: Path, run: Callable[..., str], told: list[list[int]]
) -> None:
    run(write_log(tmp_path / "log.csv.gz", FOUR_LIVES))
    ticket = Ticket.objects.select_related("requester", "status", "team", "category").get(external_id="INC2")
    events = list(ticket.events.order_by("seq"))
    assert [(e.seq, e.kind, e.occurred_at) for e in events] == [
        (1, "ticket.opened", at(1, 9)),
        (2, "ticket.resolved", at(1, 10)),
        (3, "ticket.team_changed", at(2, 10)),
        (4, "ticket.reopened", at(2, 10)),
        (5, "ticket.resolved", at(2, 10)),
        (6, "ticket.closed", at(9, 10)),
    ]
    assert {(e.source, e.actor_id) for e in events} == {("import", None)}
    assert [e.actor_label for e in events[:2]] == ["Opened by 8", "Updated by 21"]
    assert events[2].request_id == events[3].request_id != events[4].request_id
    assert events[2].request_id.endswith("-8")
    assert (ticket.status.code, ticket.status_category) == ("closed", "closed")
    assert (ticket.opened_at, ticket.resolved_at, ticket.closed_at) == (at(1, 9), at(2, 10), at(9, 10))
    assert (ticket.reopened_count, ticket.reassigned_count, ticket.version) == (1, 0, 1)
    assert (ticket.external_source, ticket.channel, ticket.opened_by_id) == ("servicenow-log", "phone", None)
    assert ticket.form_answers == {"location": "Location 143", "symptom": "Symptom 72"}
    assert ticket.team is not None and ticket.team.name == "Group 9"
    assert ticket.category is not None and ticket.category.name == "Subcategory 170"
    assert ticket.category.parent is not None and ticket.category.parent.name == "Category 55"


@pytest.mark.usefixtures("told")
def test_folding_the_events_gives_the_row(tmp_path: Path, run: Callable[..., str]) -> None:
    run(write_log(tmp_path / "log.csv", FOUR_LIVES))
    for ticket in Ticket.objects.select_related("status"):
        state = fold(past_of(ticket))
        for name in (
            "subject", "status_category", "impact", "urgency", "priority", "opened_at", "first_replied_at",
            "waiting_since", "resolved_at", "closed_at", "reopened_count", "reassigned_count", "last_event_seq",
        ):  # fmt: skip
            assert getattr(state, name) == getattr(ticket, name), (ticket, name)
        assert (state.requester, state.assignee, state.team, state.category, state.status) == (
            ticket.requester_id, ticket.assignee_id, ticket.team_id, ticket.category_id, ticket.status.code,
        )  # fmt: skip


@pytest.mark.usefixtures("told")
def test_people_teams_and_categories_are_made_inactive_and_named(tmp_path: Path, run: Callable[..., str]) -> None:
    run(write_log(tmp_path / "log.csv", FOUR_LIVES))
    people = {user.full_name: user for user in User.objects.all()}
    assert people.keys() == {"Caller 7", "Caller 8", "Resolver 3", "Unknown requester"}
    assert people["Caller 7"].username == "servicenow-log.caller-7"
    assert {user.is_active for user in people.values()} == {False}
    assert not any(user.has_usable_password() or user.email for user in people.values())
    assert (people["Resolver 3"].role, people["Caller 7"].role) == ("agent", "requester")
    assert PersonEvent.objects.filter(code="person.added", source="import").count() == 4
    assert set(Team.objects.values_list("name", "slug", "is_active")) == {
        ("Group 56", "servicenow-log-group-56", False), ("Group 9", "servicenow-log-group-9", False),
    }  # fmt: skip
    assert set(Category.objects.values_list("name", "parent__name", "is_active")) == {
        ("Category 55", None, False), ("Subcategory 170", "Category 55", False),
    }  # fmt: skip


@pytest.mark.usefixtures("told")
def test_what_the_desk_has_by_that_name_is_taken(tmp_path: Path, run: Callable[..., str]) -> None:
    team = Team.objects.create(name="Group 56", slug="first-line")
    category = Category.objects.create(name="Category 55", slug="mail")
    run(write_log(tmp_path / "log.csv", FOUR_LIVES[:1]))
    Category.objects.filter(name="Subcategory 170").update(name="Spam")
    run(write_log(tmp_path / "more.csv", [log_row("INC9", "New", "1/3/2016 09:00")]))
    for ticket in Ticket.objects.select_related("category"):
        assert ticket.team_id == team.pk
        assert ticket.category is not None and (ticket.category.name, ticket.category.parent_id) == (
            "Spam",
            category.pk,
        )
    assert User.objects.filter(full_name="Caller 7").count() == 1


def test_nobody_is_notified_and_only_active_tickets_are_told_of(
    tmp_path: Path, run: Callable[..., str], told: list[list[int]]
) -> None:
    run(write_log(tmp_path / "log.csv", FOUR_LIVES))
    active = Ticket.objects.get(external_id="INC4")
    assert told == [[active.pk]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM notifications_notification")
        assert cursor.fetchone() == (0,)
    assert not FollowUp.objects.exists()
    assert active.waiting_since == active.opened_at and active.next_due_at is None


@pytest.mark.usefixtures("told")
def test_the_number_there_finds_the_ticket_here(tmp_path: Path, run: Callable[..., str]) -> None:
    run(write_log(tmp_path / "log.csv", FOUR_LIVES))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ticket_id FROM tickets_ticketsearch WHERE public_document @@ plainto_tsquery('simple', 'inc3')"
        )
        assert cursor.fetchall() == [(Ticket.objects.get(external_id="INC3").pk,)]
    assert TicketSearch.objects.count() == 4


@pytest.mark.usefixtures("told")
def test_numbers_follow_the_file_and_the_next_ticket_follows_them(tmp_path: Path, run: Callable[..., str]) -> None:
    run(write_log(tmp_path / "log.csv", FOUR_LIVES))
    ids = list(Ticket.objects.order_by("external_id").values_list("id", flat=True))
    assert ids == list(range(ids[0], ids[0] + 4))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tickets_ticket', 'id'))")
        assert cursor.fetchone()[0] == ids[-1] + 1


def test_running_again_adds_nothing(tmp_path: Path, run: Callable[..., str], told: list[list[int]]) -> None:
    path = write_log(tmp_path / "log.csv", FOUR_LIVES)
    first = counts_in(run(path))
    before = (Ticket.objects.count(), TicketEvent.objects.count(), User.objects.count(), PersonEvent.objects.count())
    second = counts_in(run(path))
    assert first == {"read": (15, 4), "written": (15, 4), "skipped": (0, 0), "refused": (0, 0)}
    assert second == {"read": (15, 4), "written": (0, 0), "skipped": (15, 4), "refused": (0, 0)}
    assert before == (
        Ticket.objects.count(),
        TicketEvent.objects.count(),
        User.objects.count(),
        PersonEvent.objects.count(),
    )
    assert len(told) == 1


@pytest.mark.usefixtures("told")
def test_an_interrupted_import_goes_on(
    tmp_path: Path, run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_log(tmp_path / "log.csv", FOUR_LIVES)
    monkeypatch.setattr(importing, "BATCH_TICKETS", 1)
    real, calls = importing._write, []

    def interrupted_at_the_third(*arguments: Any) -> None:
        real(*arguments)
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_write", interrupted_at_the_third)
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("import_tickets", str(path), "--format", "servicenow-log", stdout=out, stderr=io.StringIO())
    assert stopped.value.code == 130
    assert "under way           3           1" in out.getvalue()
    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"INC1", "INC2"}
    monkeypatch.setattr(importing, "_write", real)
    assert counts_in(run(path)) == {"read": (15, 4), "written": (5, 2), "skipped": (10, 2), "refused": (0, 0)}
    assert TicketEvent.objects.filter(seq=1).count() == 4


@pytest.mark.usefixtures("told")
def test_refused_rows_are_listed_with_line_and_reason(
    tmp_path: Path, run: Callable[..., str], refused_file: Path
) -> None:
    lines = (
        as_csv(
            [
                log_row("INC1", "New", "29/2/2016 01:23"),
                log_row("INC1", "-100", "29/2/2016 08:00"),
                log_row("INC1", "Closed", "29/2/2016 09:00"),
                log_row("?", "New", "29/2/2016 09:00"),
                log_row("=HYPERLINK(1)", "New", "yesterday"),
                ["INC2", "New"],
                log_row("INC3", "New", "1/3/2016 09:00", caller_id="Caller\x007"),
            ]
        )
        + b",".join([b"INC4", b"N\xe9w", *[b"?"] * 34])
        + b"\n"
    )
    (tmp_path / "log.csv").write_bytes(lines)
    printed = run(tmp_path / "log.csv")
    assert counts_in(printed) == {"read": (8, 1), "written": (2, 1), "skipped": (0, 0), "refused": (6, 0)}
    assert [(line, number, reason) for line, number, reason, _row in refused_rows(refused_file)] == [
        ("3", "INC1", "the state is unknown: -100"),
        ("5", "?", "number is missing"),
        ("6", "'=HYPERLINK(1)", "not a time like 31/12/2016 23:59: yesterday"),
        ("7", "", "has 2 columns instead of 36"),
        ("8", "INC3", "contains a NUL character"),
        ("9", "INC4", "is not valid UTF-8"),
    ]
    assert str(refused_file) in printed
    assert list(Ticket.objects.values_list("external_id", flat=True)) == ["INC1"]
    assert [e.kind for e in TicketEvent.objects.order_by("seq")] == ["ticket.opened", "ticket.closed"]


@pytest.mark.usefixtures("told")
def test_rows_that_do_not_stand_together_are_refused_every_time(
    tmp_path: Path, run: Callable[..., str], refused_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_log(tmp_path / "log.csv", [*FOUR_LIVES, log_row("INC1", "Active", "7/3/2016 09:00")])
    for batch in (500, 1):
        monkeypatch.setattr(importing, "BATCH_TICKETS", batch)
        assert counts_in(run(path))["refused"] == (1, 1)
        ((line, number, reason, _row),) = refused_rows(refused_file)
        assert (line, number, reason) == ("17", "INC1", "the rows of this ticket do not stand together; see line 2")


@pytest.mark.usefixtures("told")
def test_a_poisoned_ticket_harms_no_other(
    tmp_path: Path, run: Callable[..., str], refused_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importing._ticket

    def poisoned(pk: int, history: Any, *rest: Any) -> Ticket:
        ticket = real(pk, history, *rest)
        if history.external_id == "INC2":
            ticket.priority = 9
        return ticket

    monkeypatch.setattr(importing, "_ticket", poisoned)
    counted = counts_in(run(write_log(tmp_path / "log.csv", FOUR_LIVES)))
    assert counted == {"read": (15, 4), "written": (9, 3), "skipped": (0, 0), "refused": (6, 1)}
    assert {row[1] for row in refused_rows(refused_file)} == {"INC2"}
    assert "ticket_known_priority" in refused_rows(refused_file)[0][2]
    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"INC1", "INC3", "INC4"}


@pytest.mark.usefixtures("told")
def test_a_truncated_file_is_imported_as_far_as_it_is_whole(tmp_path: Path, run: Callable[..., str]) -> None:
    lives = [row for n in range(300) for row in (
        log_row(f"INC{n}", "New", "1/3/2016 09:00", u_symptom=f"Symptom {n * 7919}"),
        log_row(f"INC{n}", "Closed", "2/3/2016 09:00", u_symptom=f"Symptom {n * 7919}"),
    )]  # fmt: skip
    whole = gzip.compress(as_csv(lives))
    (tmp_path / "log.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CommandError, match="breaks off after line"):
        run(tmp_path / "log.csv.gz")
    some = Ticket.objects.count()
    assert 0 < some < 300 and not Ticket.objects.exclude(status_category="closed").exists()
    (tmp_path / "log.csv.gz").write_bytes(whole)
    assert counts_in(run(tmp_path / "log.csv.gz"))["written"] == (2 * (300 - some), 300 - some)


@pytest.mark.usefixtures("told")
def test_a_rehearsal_writes_nothing_and_says_the_same(tmp_path: Path, run: Callable[..., str]) -> None:
    printed = counts_in(run(write_log(tmp_path / "log.csv", FOUR_LIVES), "--dry-run"))
    assert printed == {"read": (15, 4), "to write": (15, 4), "skipped": (0, 0), "refused": (0, 0)}
    assert not Ticket.objects.exists() and not User.objects.exists() and not Team.objects.exists()


@pytest.mark.usefixtures("told")
def test_a_limit_counts_whole_tickets(tmp_path: Path, run: Callable[..., str]) -> None:
    path = write_log(tmp_path / "log.csv", FOUR_LIVES)
    assert counts_in(run(path, "--limit", "2"))["written"] == (10, 2)
    assert counts_in(run(path))["written"] == (5, 2)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--timezone", "Mars/Base"], "no time zone"),
        (["--refused", "log.csv"], "names the file to import"),
        (["--limit", "0"], "at least 1"),
    ],
)
def test_wrong_options_are_refused(
    tmp_path: Path, run: Callable[..., str], options: Sequence[str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(write_log(tmp_path / "log.csv", FOUR_LIVES), *options)
    assert not Ticket.objects.exists()


def test_only_an_admin_or_the_desk_itself_imports() -> None:
    lead = Actor(kind="person", label="Lea", user_id=1, role="lead")
    with pytest.raises(NotPermitted):
        import_tickets(
            [], run=ImportRun("x", "y"), actor=lead, now=at(1, 1), refuse=lambda row: None, progress=lambda found: None
        )


@pytest.mark.usefixtures("told")
def test_a_csv_with_a_mapping_brings_the_words_too(tmp_path: Path, run: Callable[..., str]) -> None:
    known = User.objects.create_user("ada", email="Ada@example.org", full_name="Ada", password="x" * 12)
    (tmp_path / "m.toml").write_text(
        'source = "old-desk"\n[fields]\nid = "Ticket"\nsubject = "Title"\nstatus = "State"\nopened_at = "Created"\n'
        'body = "Text"\nrequester = "Who"\nassignee = "Agent"\n'
    )
    header = ["Ticket", "Title", "State", "Created", "Text", "Who", "Agent"]
    rows = [
        ["7", "Slow\tmail", "in_progress", "2016-03-01 09:00", BODY, "ada@example.org", "Bo O'Neil"],
        ["8", "Old", "closed", "2016-03-01 09:00", "", "ADA", ""],
    ]  # fmt: skip
    (tmp_path / "log.csv").write_bytes(as_csv(rows, header))
    run(tmp_path / "log.csv", "--mapping", str(tmp_path / "m.toml"), "--timezone", "Europe/Berlin", format_name="csv")
    first, second = Ticket.objects.order_by("external_id")
    message = Message.objects.get()
    assert (first.subject, first.requester_id, first.external_source) == ("Slow mail", known.pk, "old-desk")
    assert (first.opened_at, second.requester_id) == (at(1, 8), known.pk)
    assert (message.ticket_id, message.kind, message.event_seq, message.author_id) == (
        first.pk,
        "requester",
        1,
        known.pk,
    )
    assert message.body == BODY and "<b>" not in message.body_html
    assert first.preview.startswith("It")
    assert first.assignee is not None and first.assignee.username.startswith("old-desk.bo-oneil-")
