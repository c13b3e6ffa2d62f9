"""What a ticket's own course says about the procedure that was used on it."""

from __future__ import annotations

UNKNOWN, SOLVED, NOT_SOLVED, REOPENED = "unknown", "solved", "not_solved", "reopened"
WATCHED_KINDS = frozenset({"ticket.resolved", "ticket.confirmed", "ticket.reopened"})
SILENCE = "no_answer"
"""The reason of a resolution that came because nobody answered: it tells nothing about the procedure."""


def outcome_after(outcome: str, *, is_stated: bool, kind: str, reason: str = "") -> str:
    """The outcome of a use once an event of its ticket is known.

    Resolving and confirming say that it helped, unless somebody has said that it did not. Coming back takes
    a success away, even a stated one: the requester knows better. A resolution by silence says nothing.
    """
    if kind == "ticket.reopened":
        return REOPENED if outcome == SOLVED else outcome
    if kind == "ticket.confirmed":
        return outcome if is_stated and outcome == NOT_SOLVED else SOLVED
    if kind == "ticket.resolved" and reason != SILENCE and not (is_stated and outcome == NOT_SOLVED):
        return SOLVED
    return outcome
