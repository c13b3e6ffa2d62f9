import itertools

import pytest

from tickets.rules.transitions import can_transition, event_kind, is_reopening

CATEGORIES = ("open", "pending", "resolved", "closed")
REFUSED = {("resolved", "resolved"), ("closed", "resolved"), ("closed", "closed")}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(CATEGORIES, CATEGORIES)))
def test_all_steps_are_allowed_but_those_that_would_forget_a_reopening(old: str, new: str) -> None:
    assert can_transition(old, new) is ((old, new) not in REFUSED)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(CATEGORIES, CATEGORIES)))
def test_reopening_is_the_way_from_solved_to_work(old: str, new: str) -> None:
    expected = old in ("resolved", "closed") and new in ("open", "pending")
    assert is_reopening(old, new) is expected


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("open", "pending", "ticket.status_changed"),
        ("pending", "open", "ticket.status_changed"),
        ("open", "resolved", "ticket.resolved"),
        ("pending", "closed", "ticket.closed"),
        ("resolved", "closed", "ticket.closed"),
        ("resolved", "open", "ticket.reopened"),
        ("closed", "pending", "ticket.reopened"),
    ],
)
def test_each_step_has_its_event(old: str, new: str, kind: str) -> None:
    assert event_kind(old, new) == kind
