"""Which policy holds for a ticket, and what its version promises."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from escalations.models import SlaPolicy, SlaPolicyVersion
from escalations.rules.definition import Definition, definition_from
from escalations.rules.history import Promise
from escalations.rules.matching import PolicyMatch, TicketFacts, first_matching
from tickets.models import Category


@lru_cache(maxsize=512)
def definition_of(version_id: int) -> Definition:
    """What a version promises. Versions never change, so a process asks for each once."""
    frozen = SlaPolicyVersion.objects.values_list("definition", flat=True).get(pk=version_id)
    return definition_from(frozen)


@lru_cache(maxsize=2048)
def promise_of(version_id: int, priority: int) -> Promise:
    """What a version promises to tickets of a priority."""
    return definition_of(version_id).promise(policy_version_id=version_id, priority=priority)


# Asked whenever a ticket is opened: in SQL, because making the statement by the ORM costs more than its answer.
_BOOK = """
SELECT policy.current_version_id, version.match::text
  FROM escalations_slapolicy AS policy
  JOIN escalations_slapolicyversion AS version ON version.id = policy.current_version_id
 WHERE policy.is_active ORDER BY policy.position, policy.id
"""


@dataclass(slots=True)
class PolicyBook:
    """The active policies in the desk's order, as they stood when the book was opened: one query over a dozen
    rows; a second one when a policy asks for categories, which hold for those below them too."""

    policies: list[tuple[PolicyMatch, int]]
    parents: dict[int, int | None]

    @classmethod
    def open(cls) -> PolicyBook:
        with connection.cursor() as cursor:
            cursor.execute(_BOOK)
            policies = [(_match_from(json.loads(match)), version_id) for version_id, match in cursor.fetchall()]
        asks_categories = any(match.category_ids for match, _version in policies)
        return cls(policies, dict(Category.objects.values_list("id", "parent_id")) if asks_categories else {})

    def version_for(self, *, team_id: int | None, category_id: int | None, priority: int, channel: str) -> int | None:
        """The version of the first policy that matches; None when nothing is promised."""
        facts = TicketFacts(
            team_id=team_id, category_ids=self._categories_above(category_id), priority=priority, channel=channel
        )
        return first_matching(self.policies, facts)

    def _categories_above(self, category_id: int | None) -> frozenset[int]:
        found: set[int] = set()
        step = category_id
        while step is not None and step not in found:
            found.add(step)
            step = self.parents.get(step)
        return frozenset(found)


def find_policy_version(*, team_id: int | None, category_id: int | None, priority: int, channel: str) -> int | None:
    """The version of the first active policy that matches; None when nothing is promised.

    Always read fresh, so that a policy switched off a second ago promises nothing more.
    """
    return PolicyBook.open().version_for(team_id=team_id, category_id=category_id, priority=priority, channel=channel)


def match_json(policy: SlaPolicy) -> dict[str, list[Any]]:
    """The conditions of a policy, as a version keeps them."""
    return {
        "team_ids": sorted(policy.teams.values_list("pk", flat=True)),
        "category_ids": sorted(policy.categories.values_list("pk", flat=True)),
        "priorities": sorted(policy.priorities),
        "channels": sorted(policy.channels),
    }


def _match_from(match: dict[str, list[Any]]) -> PolicyMatch:
    return PolicyMatch(**{name: frozenset(values) for name, values in match.items()})
