"""The first policy that matches, in order, wins."""

from __future__ import annotations

import pytest

from escalations.rules.matching import PolicyMatch, TicketFacts, first_matching

FACTS = TicketFacts(team_id=3, category_ids=frozenset({10, 1}), priority=1, channel="web")


@pytest.mark.parametrize(
    ("match", "matches"),
    [
        pytest.param(PolicyMatch(), True, id="no condition matches every ticket"),
        pytest.param(PolicyMatch(team_ids=frozenset({3, 4})), True, id="team"),
        pytest.param(PolicyMatch(team_ids=frozenset({4})), False, id="another team"),
        pytest.param(PolicyMatch(category_ids=frozenset({10})), True, id="category"),
        pytest.param(PolicyMatch(category_ids=frozenset({1})), True, id="category above"),
        pytest.param(PolicyMatch(category_ids=frozenset({11})), False, id="another category"),
        pytest.param(PolicyMatch(priorities=frozenset({1, 2})), True, id="priority"),
        pytest.param(PolicyMatch(priorities=frozenset({2})), False, id="another priority"),
        pytest.param(PolicyMatch(channels=frozenset({"web"})), True, id="channel"),
        pytest.param(PolicyMatch(channels=frozenset({"mail"})), False, id="another channel"),
        pytest.param(PolicyMatch(team_ids=frozenset({3}), channels=frozenset({"mail"})), False, id="each must hold"),
    ],
)
def test_a_ticket_falls_under_a_policy(match: PolicyMatch, matches: bool) -> None:
    assert match.matches(FACTS) is matches


@pytest.mark.parametrize(
    "match",
    [PolicyMatch(team_ids=frozenset({3})), PolicyMatch(category_ids=frozenset({10})),
     PolicyMatch(priorities=frozenset({1})), PolicyMatch(channels=frozenset({"web"}))],
)  # fmt: skip
def test_a_ticket_without_facts_falls_under_no_condition(match: PolicyMatch) -> None:
    assert not match.matches(TicketFacts())


def test_the_first_that_matches_wins() -> None:
    any_ticket, team = PolicyMatch(), PolicyMatch(team_ids=frozenset({3}))
    assert first_matching([(team, "team"), (any_ticket, "default")], FACTS) == "team"
    assert first_matching([(any_ticket, "default"), (team, "team")], FACTS) == "default"
    assert first_matching([(PolicyMatch(team_ids=frozenset({9})), "other"), (team, "team")], FACTS) == "team"


def test_without_a_match_nothing_is_promised() -> None:
    assert first_matching([(PolicyMatch(team_ids=frozenset({9})), "other")], FACTS) is None
    assert first_matching([], FACTS) is None
