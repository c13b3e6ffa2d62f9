"""From a day's facts to its numbers, tables and ticket sets: pure, so that anybody can check it by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.definitions import METRICS, TOP_CATEGORIES
from reports.rules.days import DeskDay
from reports.rules.facts import About, DayFacts, Judged, Moved
from reports.rules.statistics import mean, percentile, share

Numbers = dict[str, float | int | None]
PRIORITIES = (1, 2, 3, 4)
SCORES = (5, 4, 3, 2, 1)


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
    answered = _waits(facts.answered_first, facts.about)
    resolved = _waits(facts.resolved, facts.about)
    figures = (
        _counts(facts, sets)
        | _durations("first_response", answered, sets)
        | _durations("resolution", resolved, sets)
        | _promises(facts.judged, sets)
        | _ratings(facts, sets)
    )
    tables = {
        "hours": _by_hour(facts, day, sets),
        "priorities": _by_priority(answered, resolved, facts.about, sets),
        "promises": _promise_table(facts.judged, sets),
        "teams": _breakdown(facts, answered, sets, "team", lambda about: about.team_id),
        "channels": _breakdown(facts, answered, sets, "channel", lambda about: about.channel),
        "categories": _top_categories(facts, sets),
        "agents": _by_agent(facts, sets),
        "scores": _scores(facts, sets),
    }
    return Assembled(figures, tables, sets.kept)


def _ids(events: Iterable[Moved]) -> list[int]:
    return [event.ticket_id for event in events]


def _last(events: Iterable[Moved]) -> dict[int, datetime]:
    """The last instant of each ticket's events."""
    last: dict[int, datetime] = {}
    for event in events:
        last[event.ticket_id] = max(event.at, last.get(event.ticket_id, event.at))
    return last


def _waits(events: Iterable[Moved], about: Mapping[int, About]) -> dict[int, float]:
    """Elapsed seconds from opening to the last of a ticket's events, by ticket.

    An imported history may tell of a resolving before the opening: then nothing has elapsed.
    """
    return {
        ticket_id: max(0.0, (at - about[ticket_id].opened_at).total_seconds())
        for ticket_id, at in _last(events).items()
    }


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
    }


def _durations(name: str, waits: Mapping[int, float], sets: _Sets) -> Numbers:
    sets.count(f"{name}_median", waits)
    sets.count(f"{name}_p90", waits)
    spans = list(waits.values())
    return {f"{name}_median": percentile(spans, 0.5), f"{name}_p90": percentile(spans, 0.9)}


def _promises(judged: Sequence[Judged], sets: _Sets) -> Numbers:
    numbers: Numbers = {}
    for metric in METRICS:
        own = [one for one in judged if one.metric == metric]
        numbers[f"{metric}_met"] = share(sum(one.is_met for one in own), len(own))
        sets.count(f"{metric}_met", [one.ticket_id for one in own])
    broken = [one.ticket_id for one in judged if not one.is_met]
    sets.count("breaches", broken)
    return numbers | {"breaches": len(broken), "escalated": sets.count("escalated", broken)}


def _ratings(facts: DayFacts, sets: _Sets) -> Numbers:
    scores = _last_scores(facts)
    sets.count("rating_mean", scores)
    return {"ratings": sets.count("ratings", scores), "rating_mean": mean(list(scores.values()))}


def _last_scores(facts: DayFacts) -> dict[int, int]:
    return {event.ticket_id: score for event, score in facts.rated}


def _by_hour(facts: DayFacts, day: DeskDay, sets: _Sets) -> list[dict[str, int]]:
    """Each ticket once, in the hour of its opening and of its last resolving, so that hours add up to the day."""
    opened = _grouped((day.hour_of(at), ticket_id) for ticket_id, at in _last(facts.opened).items())
    resolved = _grouped((day.hour_of(at), ticket_id) for ticket_id, at in _last(facts.resolved).items())
    return [
        {
            "hour": hour,
            "opened": sets.count(f"hour.{hour}.opened", opened[hour]),
            "resolved": sets.count(f"hour.{hour}.resolved", resolved[hour]),
        }
        for hour in range(day.hours)
    ]


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for part, one in pairs:
        groups[part].append(one)
    return groups


def _by_priority(
    answered: Mapping[int, float], resolved: Mapping[int, float], about: Mapping[int, About], sets: _Sets
) -> list[dict[str, Any]]:
    """First response and resolution by the ticket's priority."""
    rows: list[dict[str, Any]] = [{"priority": priority} for priority in PRIORITIES]
    for name, waits in (("first_response", answered), ("resolution", resolved)):
        groups = _grouped((about[ticket_id].priority, (ticket_id, wait)) for ticket_id, wait in waits.items())
        for row in rows:
            own = dict(groups[row["priority"]])
            row[f"{name}_count"] = sets.count(f"priority.{row['priority']}.{name}", own)
            row[f"{name}_median"] = percentile(list(own.values()), 0.5)
            row[f"{name}_p90"] = percentile(list(own.values()), 0.9)
    return rows


def _promise_table(judged: Sequence[Judged], sets: _Sets) -> list[dict[str, Any]]:
    """Kept and broken promises by metric and the priority they were made for."""
    groups = _grouped(((one.metric, one.priority, one.is_met), one.ticket_id) for one in judged)
    rows = []
    for metric in METRICS:
        for priority in PRIORITIES:
            met, broken = groups[metric, priority, True], groups[metric, priority, False]
            sets.count(f"promise.{metric}.{priority}.met", met)
            sets.count(f"promise.{metric}.{priority}.breached", broken)
            rows.append(
                {
                    "metric": metric,
                    "priority": priority,
                    "met": len(met),
                    "breached": len(broken),
                    "share": share(len(met), len(met) + len(broken)),
                }
            )
    return rows


def _breakdown(
    facts: DayFacts, answered: Mapping[int, float], sets: _Sets, name: str, part_of: Callable[[About], Any]
) -> list[dict[str, Any]]:
    """Opened, resolved, first reply, breaches and backlog by a property of the ticket; busiest first."""
    columns: dict[str, Iterable[int]] = {
        "opened": dict.fromkeys(_ids(facts.opened)),
        "resolved": dict.fromkeys(_ids(facts.resolved)),
        "first_response": answered,
        "breaches": [one.ticket_id for one in facts.judged if not one.is_met],
        "backlog": facts.backlog,
    }
    groups = {
        column: _grouped((part_of(facts.about[ticket_id]), ticket_id) for ticket_id in ids)
        for column, ids in columns.items()
    }
    rows = []
    for part in {part for found in groups.values() for part in found}:
        row: dict[str, Any] = {name: part}
        for column, found in groups.items():
            own = found.get(part, [])
            sets.count(f"{name}.{part}.{column}", own)
            row[column] = len(own)
        waits = [answered[ticket_id] for ticket_id in groups["first_response"].get(part, [])]
        row["first_response_median"] = percentile(waits, 0.5)
        rows.append(row)
    return sorted(rows, key=lambda row: (-row["opened"], -row["backlog"], str(row[name])))


def _top_categories(facts: DayFacts, sets: _Sets) -> list[dict[str, Any]]:
    groups = _grouped((facts.about[ticket_id].category_id, ticket_id) for ticket_id in _last(facts.opened))
    busiest = sorted(groups.items(), key=lambda entry: (-len(entry[1]), str(entry[0])))[:TOP_CATEGORIES]
    return [{"category": part, "opened": sets.count(f"category.{part}.opened", ids)} for part, ids in busiest]


def _by_agent(facts: DayFacts, sets: _Sets) -> list[dict[str, Any]]:
    """What each person at the desk did: tickets resolved and answered, replies written, ratings earned."""
    resolved = _grouped((event.actor_id, event.ticket_id) for event in facts.resolved)
    answered = _grouped((event.actor_id, event.ticket_id) for event in facts.replies)
    scores = _last_scores(facts)
    rated = _grouped((facts.about[ticket_id].assignee_id, ticket_id) for ticket_id in scores)
    rows = []
    for agent in (set(resolved) | set(answered) | set(rated)) - {None}:
        rated_ids = rated.get(agent, [])
        rows.append(
            {
                "agent": agent,
                "resolved": sets.count(f"agent.{agent}.resolved", resolved.get(agent, [])),
                "answered": sets.count(f"agent.{agent}.answered", answered.get(agent, [])),
                "replies": len(answered.get(agent, [])),
                "ratings": sets.count(f"agent.{agent}.ratings", rated_ids),
                "rating_mean": mean([scores[ticket_id] for ticket_id in rated_ids]),
            }
        )
    return sorted(rows, key=lambda row: (-row["resolved"], -row["replies"], row["agent"]))


def _scores(facts: DayFacts, sets: _Sets) -> list[dict[str, int]]:
    by_score = _grouped((score, ticket_id) for ticket_id, score in _last_scores(facts).items())
    return [{"score": score, "count": sets.count(f"score.{score}", by_score[score])} for score in SCORES]
