"""The words with names for people are exactly the words of the rules."""

from __future__ import annotations

from enum import StrEnum

import pytest
from django.db.models import TextChoices

from escalations import vocabulary
from escalations.rules import history, timers
from tickets import vocabulary as tickets_vocabulary


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (history.Metric, vocabulary.Metric),
        (timers.TimerState, vocabulary.TimerState),
        (timers.Phase, vocabulary.SegmentPhase),
        (timers.Reason, vocabulary.SegmentReason),
        (history.StatusCategory, tickets_vocabulary.StatusCategory),
    ],
)
def test_each_word_of_the_rules_has_a_name(words: type[StrEnum], choices: type[TextChoices]) -> None:
    assert {word.name: word.value for word in words} == {choice.name: choice.value for choice in choices}


def test_a_pending_ticket_waits_on_whom_the_rules_know_or_on_nobody() -> None:
    assert {"", *history.WaitingOn} == set(tickets_vocabulary.WaitingOn.values)


def test_live_states_and_default_warnings_are_those_of_the_rules() -> None:
    assert set(vocabulary.LIVE) == {state.value for state in timers.LIVE}
    assert history.DEFAULT_WARNINGS == vocabulary.DEFAULT_WARN_AT
