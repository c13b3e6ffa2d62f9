from __future__ import annotations

import pytest

from sop.rules.outcomes import NOT_SOLVED, REOPENED, SOLVED, UNKNOWN, outcome_after

CASES = [
    # outcome, stated, event, reason, afterwards
    (UNKNOWN, False, "ticket.resolved", "", SOLVED),
    (UNKNOWN, False, "ticket.resolved", "no_answer", UNKNOWN),
    (UNKNOWN, False, "ticket.confirmed", "", SOLVED),
    (UNKNOWN, False, "ticket.reopened", "", UNKNOWN),
    (UNKNOWN, False, "ticket.closed", "confirmed", UNKNOWN),
    (SOLVED, False, "ticket.reopened", "", REOPENED),
    (SOLVED, True, "ticket.reopened", "", REOPENED),
    (NOT_SOLVED, True, "ticket.resolved", "", NOT_SOLVED),
    (NOT_SOLVED, True, "ticket.confirmed", "", NOT_SOLVED),
    (NOT_SOLVED, True, "ticket.reopened", "", NOT_SOLVED),
    (REOPENED, False, "ticket.resolved", "", SOLVED),
    (SOLVED, False, "ticket.resolved", "", SOLVED),
]


@pytest.mark.parametrize(("outcome", "stated", "kind", "reason", "afterwards"), CASES)
def test_the_tickets_course_decides(outcome: str, stated: bool, kind: str, reason: str, afterwards: str) -> None:
    assert outcome_after(outcome, is_stated=stated, kind=kind, reason=reason) == afterwards
