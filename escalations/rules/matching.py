"""Which policy a ticket falls under: the first one that matches, in the order the desk keeps them in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

Policy = TypeVar("Policy")


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What a policy may look at. `category_ids` has the ticket's category and all categories above it."""

    team_id: int | None = None
    category_ids: frozenset[int] = frozenset()
    priority: int | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class PolicyMatch:
    """The conditions of a policy: each one named must hold; one left empty holds for every ticket.

    A category named matches the tickets of the categories below it too.
    """

    team_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    priorities: frozenset[int] = frozenset()
    channels: frozenset[str] = frozenset()

    def matches(self, facts: TicketFacts) -> bool:
        """Whether a ticket with these facts falls under the policy."""
        return (
            (not self.team_ids or facts.team_id in self.team_ids)
            and (not self.category_ids or not self.category_ids.isdisjoint(facts.category_ids))
            and (not self.priorities or facts.priority in self.priorities)
            and (not self.channels or facts.channel in self.channels)
        )


def first_matching(policies: Iterable[tuple[PolicyMatch, Policy]], facts: TicketFacts) -> Policy | None:
    """The first policy that matches, in the order given; null when none does: nothing is promised."""
    return next((policy for match, policy in policies if match.matches(facts)), None)
