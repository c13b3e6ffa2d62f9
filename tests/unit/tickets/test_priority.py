import pytest

from tickets.rules.priority import priority_of

TABLE = [
    (1, 1, 1), (1, 2, 2), (1, 3, 3),
    (2, 1, 2), (2, 2, 3), (2, 3, 4),
    (3, 1, 3), (3, 2, 4), (3, 3, 4),
]  # fmt: skip


@pytest.mark.parametrize(("impact", "urgency", "priority"), TABLE)
def test_impact_and_urgency_give_the_priority(impact: int, urgency: int, priority: int) -> None:
    assert priority_of(impact, urgency) == priority
