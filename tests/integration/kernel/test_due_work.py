"""Claims, leases, batches and quarantine, on a real database with real second connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from puo_desk.kernel import due_work, late_work, ticks
from puo_desk.kernel.due_work import claim_due, drain, fail, finish, process_batch
from puo_desk.kernel.models import DueState, Heartbeat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def add(model, *labels: str, due_at: datetime = NOON, **columns):
    return model.objects.bulk_create([model(label=label, due_at=due_at, **columns) for label in labels])


def states(model) -> dict[str, str]:
    return dict(model.objects.values_list("label", "state"))


def in_threads(count: int, act: Callable[[int], None]) -> None:
    """Runs ``act`` at once in threads, each with its own connection, and raises what any of them raised."""
    gate, raised = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            gate.wait(10)
            act(number)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if raised:
        raise raised[0]


def test_due_at_the_very_instant_and_not_a_second_before(chores) -> None:
    add(chores, "a")
    assert claim_due(chores, now=NOON - SECOND) == []
    (row,) = claim_due(chores, now=NOON)
    assert (row.label, row.state, row.attempts, row.claimed_until) == (
        "a",
        DueState.CLAIMED,
        1,
        NOON + due_work.LEASE,
    )


def test_without_an_instant_the_database_decides(chores) -> None:
    add(chores, "past", due_at=datetime.now(UTC) - SECOND)
    add(chores, "future", due_at=datetime.now(UTC) + timedelta(hours=1))
    assert [row.label for row in claim_due(chores)] == ["past"]


def test_oldest_first_up_to_the_limit_and_from_a_narrower_queryset(chores) -> None:
    add(chores, "late", due_at=NOON - SECOND)
    add(chores, "later", "other", due_at=NOON)
    assert [row.label for row in claim_due(chores, limit=1, now=NOON)] == ["late"]
    assert [row.label for row in claim_due(chores.objects.exclude(label="later"), now=NOON)] == ["other"]


def test_many_workers_claim_disjoint_rows(shared_chores) -> None:
    add(shared_chores, *(f"c{n}" for n in range(200)))
    claimed: list[int] = []

    def claim(_number: int) -> None:
        while rows := claim_due(shared_chores, limit=7, now=NOON):
            claimed.extend(row.pk for row in rows)

    in_threads(6, claim)
    assert len(claimed) == len(set(claimed)) == 200
    assert set(shared_chores.objects.values_list("attempts", flat=True)) == {1}


def test_a_claim_skips_what_another_connection_holds(shared_chores) -> None:
    held, _free = add(shared_chores, "held", "free")
    with transaction.atomic():
        shared_chores.objects.select_for_update().get(pk=held.pk)
        found: list[str] = []
        in_threads(1, lambda _n: found.extend(row.label for row in claim_due(shared_chores, now=NOON)))
    assert found == ["free"]


def test_finish_counts_only_with_the_token(chores) -> None:
    add(chores, "a")
    (mine,) = claim_due(chores, now=NOON)
    assert late_work.rescue_stuck_work(now=NOON + due_work.LEASE) == {}, "no table is registered"
    late_work.register_due_model(chores, name="chores")
    assert late_work.rescue_stuck_work(now=NOON + due_work.LEASE - SECOND) == {}
    assert late_work.rescue_stuck_work(now=NOON + due_work.LEASE) == {"chores": 1}
    (theirs,) = claim_due(chores, now=NOON)
    assert finish(mine) is False
    assert fail(mine, "late") is False
    assert states(chores) == {"a": "claimed"}
    assert finish(theirs) is True
    assert finish(theirs) is False
    row = chores.objects.get()
    assert (row.state, row.claim_token, row.claimed_until, row.attempts) == ("done", None, None, 2)


def test_finish_can_set_the_next_time(chores) -> None:
    add(chores, "a")
    (row,) = claim_due(chores, now=NOON)
    assert finish(row, due_again_at=NOON + timedelta(days=1))
    row = chores.objects.get()
    assert (row.state, row.due_at, row.attempts) == ("waiting", NOON + timedelta(days=1), 0)


def test_failures_back_off_and_the_fifth_sets_aside(chores) -> None:
    add(chores, "a")
    at = NOON
    for wait in [*due_work.BACK_OFF, None]:
        (row,) = claim_due(chores, now=at)
        assert fail(row, ValueError("no\0pe"), now=at)
        row = chores.objects.get()
        assert row.last_error == "ValueError: nope"
        if wait:
            assert (row.state, row.due_at) == ("waiting", at + wait)
            assert claim_due(chores, now=at + wait - SECOND) == []
            at += wait
    assert (row.state, row.attempts) == ("quarantined", 5)
    assert claim_due(chores, now=NOON + timedelta(days=9)) == []
    assert due_work.replay(chores.objects.all(), now=NOON) == 1
    assert [found.attempts for found in claim_due(chores, now=NOON)] == [1]


def test_fail_on_database_time(chores) -> None:
    add(chores, "a")
    (row,) = claim_due(chores)
    assert fail(row, "no")
    wait = (chores.objects.get().due_at - datetime.now(UTC)).total_seconds()
    assert 3 < wait <= 5


def test_a_worker_that_vanishes_five_times_sets_the_row_aside(chores) -> None:
    late_work.register_due_model(chores, name="chores")
    add(chores, "killer")
    at = NOON
    for _turn in range(5):
        assert len(claim_due(chores, now=at)) == 1
        at += due_work.LEASE
        assert late_work.rescue_stuck_work(now=at) == {"chores": 1}
    assert states(chores) == {"killer": "quarantined"}


def test_stop_leaves_what_is_in_work(chores) -> None:
    add(chores, "claimed")
    claim_due(chores, now=NOON)
    add(chores, "waiting")
    assert due_work.stop(chores.objects.all()) == 1
    assert states(chores) == {"claimed": "claimed", "waiting": "stopped"}


def test_a_claim_without_its_token_cannot_be_stored(chores) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        add(chores, "a", state="claimed")


# --- batches ------------------------------------------------------------------------------------------


def test_a_batch_is_done_at_once_and_settled(chores) -> None:
    add(chores, *"abc")
    add(chores, "future", due_at=NOON + SECOND)
    calls: list[tuple[list[str], datetime]] = []
    result = process_batch(chores, lambda rows, at: calls.append(([r.label for r in rows], at)), now=NOON)
    assert calls == [(["a", "b", "c"], NOON)]
    assert (result.done, result.failed, result.more) == (3, 0, False)
    assert states(chores) == {"a": "done", "b": "done", "c": "done", "future": "waiting"}


def test_the_instant_of_a_batch_is_the_databases(chores) -> None:
    add(chores, "a")
    seen: list[datetime] = []
    process_batch(chores, lambda rows, at: seen.append(at))
    assert abs((seen[0] - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize("count", [1, 100])
def test_statements_of_a_batch_do_not_grow(chores, count: int) -> None:
    add(chores, *(f"c{n}" for n in range(count)))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        process_batch(chores, lambda rows, at: None, now=NOON)
    assert len([q for q in queries if q["sql"].startswith(("SELECT", "UPDATE"))]) == 2


def test_an_idle_tick_is_one_statement(chores) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert process_batch(chores, lambda rows, at: None).done == 0
    assert len([q for q in queries if q["sql"].startswith(("SELECT", "UPDATE", "WITH"))]) == 1


def poisoned(bad: str) -> Callable[[Sequence, datetime], None]:
    """Work that writes for each row and then fails on one."""

    def work(rows: Sequence, at: datetime) -> None:
        for row in rows:
            Heartbeat.objects.create(name=f"{row.label}-{row.attempts}", beat_at=at)
            if row.label == bad:
                raise ValueError(bad)

    return work


def test_one_poison_row_harms_no_other_and_is_set_aside(chores) -> None:
    add(chores, *(f"c{n}" for n in range(20)))
    at = NOON
    result = process_batch(chores, poisoned("c7"), now=at)
    assert (result.done, result.failed, result.quarantined) == (19, 1, 0)
    assert Heartbeat.objects.count() == 19, "what the failed work wrote is undone"
    for wait in due_work.BACK_OFF:
        at += wait
        add(chores, f"new-{at}", due_at=at)
        result = process_batch(chores, poisoned("c7"), now=at)
        assert (result.done, result.failed) == (1, 1)
    assert result.quarantined == 1
    row = chores.objects.get(label="c7")
    assert (row.state, row.attempts, row.last_error) == ("quarantined", 5, "ValueError: c7")
    assert set(chores.objects.exclude(label="c7").values_list("state", flat=True)) == {"done"}
    assert drain(chores, poisoned("c7"), now=at + timedelta(days=1)).failed == 0


def test_a_row_that_failed_once_never_makes_a_batch_fail_again(chores) -> None:
    add(chores, "bad", attempts=1)
    add(chores, "good")
    batches: list[list[str]] = []

    def work(rows: Sequence, at: datetime) -> None:
        batches.append([row.label for row in rows])
        if rows[0].label == "bad":
            raise ValueError

    result = process_batch(chores, work, now=NOON)
    assert batches == [["good"], ["bad"]]
    assert (result.done, result.failed) == (1, 1)


def test_work_that_settles_its_rows_itself(chores) -> None:
    add(chores, "a", "b", attempts=0)
    later = NOON + timedelta(hours=1)

    def work(rows: Sequence, at: datetime) -> None:
        chores.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=later)
        if len(rows) > 1:
            raise ValueError("as a batch it fails")

    assert process_batch(chores, work, now=NOON, settle=False).done == 2
    assert list(chores.objects.values_list("state", "due_at", "attempts")) == [("waiting", later, 0)] * 2


def test_two_workers_share_a_backlog_without_doing_anything_twice(shared_chores) -> None:
    add(shared_chores, *(f"c{n}" for n in range(300)))
    done: list[int] = []

    def work(rows: Sequence, at: datetime) -> None:
        done.extend(row.pk for row in rows)

    in_threads(4, lambda _n: drain(shared_chores, work, limit=10, batches=100, now=NOON))
    assert len(done) == len(set(done)) == 300
    assert set(states(shared_chores).values()) == {"done"}


def test_drain_stops_after_its_batches(chores) -> None:
    add(chores, *(f"c{n}" for n in range(30)))
    result = drain(chores, lambda rows, at: None, limit=10, batches=2, now=NOON)
    assert (result.done, result.more) == (20, True)


# --- audit, beats, ticks ------------------------------------------------------------------------------


def test_the_auditor_names_what_is_late(chores) -> None:
    late_work.register_due_model(chores, name="chores", late_after=timedelta(minutes=1))
    add(chores, "a", "b")
    assert late_work.audit_due_work(now=NOON + timedelta(seconds=59)) == []
    (late,) = late_work.audit_due_work(now=NOON + timedelta(seconds=60))
    assert (late.name, late.waiting, late.oldest_due_at, late.quarantined) == ("chores", 2, NOON, 0)
    claim_due(chores, now=NOON)
    assert late_work.audit_due_work(now=NOON + timedelta(seconds=120)) == [], "in work, and the lease runs"
    assert late_work.audit_due_work(now=NOON + due_work.LEASE + timedelta(minutes=1)) != []


def test_a_heartbeat_is_written_every_five_seconds(db) -> None:
    ticks.beat("probe", rows=3)
    first = Heartbeat.objects.get(name="probe")
    ticks.beat("probe", rows=4)
    assert Heartbeat.objects.get(name="probe").beat_at == first.beat_at
    Heartbeat.objects.update(beat_at=first.beat_at - timedelta(seconds=6))
    ticks.beat("probe", rows=5)
    assert Heartbeat.objects.get(name="probe").details == {"rows": 5}
    assert 0 <= ticks.beat_ages()["probe"] < 5


def test_one_tick_at_a_time(db) -> None:
    taken: list[bool] = []

    def tick(_number: int) -> None:
        with ticks.only_one_tick("probe") as mine:
            taken.append(mine)

    with ticks.only_one_tick("probe") as mine:
        assert mine
        in_threads(2, tick)
        with ticks.only_one_tick("another") as other:
            assert other
    in_threads(1, tick)
    assert taken == [False, False, True]


def test_a_tick_that_raises_gives_way(db) -> None:
    with pytest.raises(ZeroDivisionError), ticks.only_one_tick("probe"):
        raise ZeroDivisionError
    taken: list[bool] = []

    def tick(_number: int) -> None:
        with ticks.only_one_tick("probe") as mine:
            taken.append(mine)

    in_threads(1, tick)
    assert taken == [True]
