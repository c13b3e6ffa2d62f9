"""From a day's facts to its numbers, tables and ticket sets: pure, so that anybody can check it by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.definitions import METRICS, TOP_CATEGORIES
from reports.rules.days import DeskDay
from reports.rules.facts import About, DayFacts, Moved
from reports.rules.statistics import mean, percentile, share

Numbers = dict[str, float | int | None]
PRIORITIES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A report before it is stored. ``ticket_sets`` has the tickets behind each number, by its key."""

    figures: Numbers
    tables: dict[str, Any]
    ticket_sets: dict[str, list[int]]


class _Sets:
    """Collects which tickets are behind which number, and answers how many they are."""

    def __init__(self) -> None:
        self.kept: dict[str, list[int]] = {}

    def count(self, key: str, ticket_ids: Iterable[int]) -> int:
        unique = sorted(set(ticket_ids))
        if unique:
            self.kept[key] = unique
        return len(unique)


def assemble(facts: DayFacts, day: DeskDay) -> Assembled:
    """The numbers of a day by ``reports.definitions``, with the tickets behind each."""
    sets = _Sets()
    figures = _counts(facts, sets) | _durations(facts, sets) | _promises(facts, sets) | _ratings(facts, sets)
    tables = {
        "hours": _by_hour(facts, day),
        "priorities": _by_priority(facts, sets),
        "promises": _promise_table(facts, sets),
        "teams": _breakdown(facts, sets, "team", lambda about: about.team_id),
        "channels": _breakdown(facts, sets, "channel", lambda about: about.channel),
        "categories": _top_categories(facts, sets),
        "agents": _by_agent(facts, sets),
        "scores": _scores(facts, sets),
    }
    return Assembled(figures, tables, sets.kept)


def _ids(events: Iterable[Moved]) -> list[int]:
    return [event.ticket_id for event in events]


def _counts(facts: DayFacts, sets: _Sets) -> Numbers:
    sets.count("reopenings", _ids(facts.reopened))
    sets.count("reassigned", _ids(facts.reassigned))
    return {
        "opened": sets.count("opened", _ids(facts.opened)),
        "resolved": sets.count("resolved", _ids(facts.resolved)),
        "closed": sets.count("closed", _ids(facts.closed)),
        "reopened": sets.count("reopened", _ids(facts.reopened)),
        "reopenings": len(facts.reopened),
        "backlog": sets.count("backlog", facts.backlog),
        "reassigned": len(facts.reassigned),
        "escalated": sets.count("escalated", _ids(facts.escalated)),
    }


def _waits(events: Iterable[Moved], about: Mapping[int, About]) -> dict[int, float]:
    """Elapsed seconds from opening to the last of a ticket's events, by ticket."""
    last: dict[int, datetime] = {}
    for event in events:
        last[event.ticket_id] = max(event.at, last.get(event.ticket_id, event.at))
    return {
        ticket_id: max(0.0, (at - about[ticket_id].opened_at).total_seconds())
        for ticket_id, at in last.items()
        if ticket_id in about
    }


def _durations(facts: DayFacts, sets: _Sets) -> Numbers:
    numbers: Numbers = {}
    for name, events in (("first_response", facts.answered_first), ("resolution", facts.resolved)):
        waits = _waits(events, facts.about)
        numbers[f"{name}_median"] = percentile(list(waits.values()), 0.5)
        numbers[f"{name}_p90"] = percentile(list(waits.values()), 0.9)
        sets.count(f"{name}_median", waits)
        sets.count(f"{name}_p90", waits)
    return numbers


def _promises(facts: DayFacts, sets: _Sets) -> Numbers:
    numbers: Numbers = {}
    for metric in METRICS:
        judged = [one for one in facts.judged if one.metric == metric]
        numbers[f"{metric}_met"] = share(sum(one.is_met for one in judged), len(judged))
        sets.count(f"{metric}_met", [one.ticket_id for one in judged])
    broken = [one for one in facts.judged if not one.is_met]
    sets.count("breaches", [one.ticket_id for one in broken])
    return numbers | {"breaches": len(broken)}


def _ratings(facts: DayFacts, sets: _Sets) -> Numbers:
    scores = _last_scores(facts)
    sets.count("rating_mean", scores)
    return {"ratings": sets.count("ratings", scores), "rating_mean": mean(list(scores.values()))}


def _last_scores(facts: DayFacts) -> dict[int, int]:
    return {event.ticket_id: score for event, score in facts.rated}


def _by_hour(facts: DayFacts, day: DeskDay) -> list[dict[str, int]]:
    opened = Counter(day.hour_of(event.at) for event in facts.opened)
    resolved = Counter(day.hour_of(event.at) for event in facts.resolved)
    return [{"hour": hour, "opened": opened[hour], "resolved": resolved[hour]} for hour in range(day.hours)]


def _by_priority(facts: DayFacts, sets: _Sets) -> list[dict[str, Any]]:
    """First response and resolution by the ticket's priority."""
    rows = []
    answered, resolved = _waits(facts.answered_first, facts.about), _waits(facts.resolved, facts.about)
    for priority in PRIORITIES:
        row: dict[str, Any] = {"priority": priority}
        for name, waits in (("first_response", answered), ("resolution", resolved)):
            own = {ticket_id: wait for ticket_id, wait in waits.items() if facts.about[ticket_id].priority == priority}
            row[f"{name}_count"] = sets.count(f"priority.{priority}.{name}", own)
            row[f"{name}_median"] = percentile(list(own.values()), 0.5)
            row[f"{name}_p90"] = percentile(list(own.values()), 0.9)
        rows.append(row)
    return rows


def _promise_table(facts: DayFacts, sets: _Sets) -> list[dict[str, Any]]:
    """Kept and broken promises by metric and the priority they were made for."""
    rows = []
    for metric in METRICS:
        for priority in PRIORITIES:
            own = [one for one in facts.judged if (one.metric, one.priority) == (metric, priority)]
            met = [one.ticket_id for one in own if one.is_met]
            broken = [one.ticket_id for one in own if not one.is_met]
            key = f"promise.{metric}.{priority}"
            sets.count(f"{key}.met", met)
            sets.count(f"{key}.breached", broken)
            rows.append(
                {
                    "metric": metric,
                    "priority": priority,
                    "met": len(met),
                    "breached": len(broken),
                    "share": share(len(met), len(own)),
                }
            )
    return rows


def _breakdown(facts: DayFacts, sets: _Sets, name: str, part_of: Callable[[About], Any]) -> list[dict[str, Any]]:
    """Opened, resolved, backlog, breaches and first reply by a property of the ticket; busiest first."""
    waits = _waits(facts.answered_first, facts.about)
    broken = [one.ticket_id for one in facts.judged if not one.is_met]
    columns: dict[str, Sequence[int]] = {
        "opened": _ids(facts.opened),
        "resolved": _ids(facts.resolved),
        "breaches": broken,
        "backlog": facts.backlog,
    }
    parts = {
        part_of(facts.about[ticket_id]) for ids in columns.values() for ticket_id in ids if ticket_id in facts.about
    }
    rows = []
    for part in parts:
        row: dict[str, Any] = {name: part}
        for column, ids in columns.items():
            own = [ticket_id for ticket_id in ids if part_of(facts.about[ticket_id]) == part]
            row[column] = sets.count(f"{name}.{part}.{column}", own)
        own_waits = [wait for ticket_id, wait in waits.items() if part_of(facts.about[ticket_id]) == part]
        row["first_response_median"] = percentile(own_waits, 0.5)
        rows.append(row)
    return sorted(rows, key=lambda row: (-row["opened"], -row["backlog"], str(row[name])))


def _top_categories(facts: DayFacts, sets: _Sets) -> list[dict[str, Any]]:
    groups: dict[int | None, list[int]] = {}
    for ticket_id in dict.fromkeys(_ids(facts.opened)):
        groups.setdefault(facts.about[ticket_id].category_id, []).append(ticket_id)
    busiest = sorted(groups.items(), key=lambda entry: (-len(entry[1]), str(entry[0])))[:TOP_CATEGORIES]
    return [{"category": part, "opened": sets.count(f"category.{part}.opened", ids)} for part, ids in busiest]


def _by_agent(facts: DayFacts, sets: _Sets) -> list[dict[str, Any]]:
    """What each person at the desk did: tickets resolved and answered, replies written."""
    resolved: dict[int, list[int]] = {}
    answered: dict[int, list[int]] = {}
    for event in facts.resolved:
        if event.actor_id is not None:
            resolved.setdefault(event.actor_id, []).append(event.ticket_id)
    for event in facts.replies:
        if event.actor_id is not None:
            answered.setdefault(event.actor_id, []).append(event.ticket_id)
    scores = _last_scores(facts)
    rows = []
    for agent in sorted(set(resolved) | set(answered)):
        own_scores = [
            score
            for ticket_id, score in scores.items()
            if ticket_id in facts.about and facts.about[ticket_id].assignee_id == agent
        ]
        rows.append(
            {
                "agent": agent,
                "resolved": sets.count(f"agent.{agent}.resolved", resolved.get(agent, [])),
                "answered": sets.count(f"agent.{agent}.answered", answered.get(agent, [])),
                "replies": len(answered.get(agent, [])),
                "rating_mean": mean(own_scores),
            }
        )
    return sorted(rows, key=lambda row: (-row["resolved"], -row["replies"], row["agent"]))


def _scores(facts: DayFacts, sets: _Sets) -> list[dict[str, int]]:
    scores = _last_scores(facts)
    return [
        {"score": score, "count": sets.count(f"score.{score}", [pk for pk, given in scores.items() if given == score])}
        for score in (5, 4, 3, 2, 1)
    ]
