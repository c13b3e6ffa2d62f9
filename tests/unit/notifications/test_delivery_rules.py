"""Back-off, giving up, and the name of a letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from puo_desk.notifications.rules.delivery import Fault, gives_up, letter_id, wait_before_next

BORN = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOURS_72 = timedelta(hours=72)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 30), (1, 30), (2, 60), (3, 120), (6, 960), (7, 1800), (8, 1800), (30_000, 1800)]
)
def test_waits_double_up_to_half_an_hour(attempts: int, seconds: int) -> None:
    assert wait_before_next(attempts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fault", "attempts", "age", "expected"),
    [
        (Fault.CHANNEL, 1, timedelta(0), False),
        (Fault.CHANNEL, 500, HOURS_72 - TICK, False),
        (Fault.CHANNEL, 1, HOURS_72, True),
        (Fault.LETTER, 4, timedelta(0), False),
        (Fault.LETTER, 5, timedelta(0), True),
        (Fault.LETTER, 1, HOURS_72, True),
    ],
)
def test_gives_up_at_72_hours_or_at_the_fifth_refusal(
    fault: Fault, attempts: int, age: timedelta, expected: bool
) -> None:
    assert gives_up(fault=fault, attempts=attempts, created_at=BORN, now=BORN + age) is expected


def test_a_letter_is_named_by_its_person_and_its_rows_in_any_order() -> None:
    assert letter_id(1, ["a", "b"]) == letter_id(1, ["b", "a"])
    names = {
        letter_id(1, ["a"]),
        letter_id(1, ["b"]),
        letter_id(2, ["a"]),
        letter_id(1, ["a", "b"]),
        letter_id(1, ["a\nb"]),
    }
    assert len(names) >= 4
