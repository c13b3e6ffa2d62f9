from datetime import UTC, datetime, timedelta

import pytest

from tickets.rules.follow_up import FollowUpPlan, NextStep, first_step, step_after

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLAN = FollowUpPlan(
    chase_after=(timedelta(days=2), timedelta(days=1)), resolve_after=timedelta(days=3), close_after=timedelta(days=5)
)


@pytest.mark.parametrize(
    ("category", "waiting_on", "step"),
    [
        ("open", "", None),
        ("pending", "third_party", None),
        ("pending", "engineering", None),
        ("closed", "", None),
        ("pending", "requester", NextStep("chase", 1, NOW + timedelta(days=2))),
        ("resolved", "", NextStep("close", 1, NOW + timedelta(days=5))),
    ],
)
def test_only_waiting_for_the_requester_has_a_next_step(category: str, waiting_on: str, step: NextStep | None) -> None:
    assert first_step(PLAN, category=category, waiting_on=waiting_on, since=NOW) == step


def test_each_chase_leads_to_the_next_and_the_last_to_resolving() -> None:
    assert step_after(PLAN, kind="chase", step=1, now=NOW) == NextStep("chase", 2, NOW + timedelta(days=1))
    assert step_after(PLAN, kind="chase", step=2, now=NOW) == NextStep("resolve", 3, NOW + timedelta(days=3))
    assert step_after(PLAN, kind="resolve", step=3, now=NOW) is None
    assert step_after(PLAN, kind="close", step=1, now=NOW) is None


def test_a_desk_that_never_chases_resolves_at_once_after_its_patience() -> None:
    plan = FollowUpPlan(chase_after=(), resolve_after=timedelta(days=4))
    step = first_step(plan, category="pending", waiting_on="requester", since=NOW)
    assert step == NextStep("resolve", 1, NOW + timedelta(days=4))
