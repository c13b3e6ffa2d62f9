"""A ticket's history told line by line, for tests of the SLA clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from escalations.rules.calendar import BusinessCalendar
from escalations.rules.clock import project
from escalations.rules.history import (
    DEFAULT_PAUSES,
    AgentReply,
    HandOffAct,
    HandOffMoved,
    Happening,
    Metric,
    Opened,
    PolicyApplied,
    Promise,
    RequesterMessage,
    StatusCategory,
    StatusChanged,
    WaitingOn,
)
from escalations.rules.timers import TimerView

HOUR = 3600
MICROSECOND = timedelta(microseconds=1)
ALWAYS = BusinessCalendar.around_the_clock()
OFFICE = BusinessCalendar.parse("UTC", [["09:00-17:00"]] * 5 + [[], []])


def at(text: str) -> datetime:
    """An instant in the week of Monday, 2 March 2026: `Mon 09:30`."""
    day, time = text.split()
    on = 2 + ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
    return datetime.fromisoformat(f"2026-03-{on:02} {time}").replace(tzinfo=UTC)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def promise(
    version: int = 1,
    calendar: BusinessCalendar = ALWAYS,
    *,
    calendar_id: int = 1,
    pauses_on: frozenset[WaitingOn] = DEFAULT_PAUSES,
    warn_at: tuple[int, ...] = (50, 75, 90),
    **targets: int | None,
) -> Promise:
    by_metric = {Metric(name): seconds for name, seconds in targets.items()}
    return Promise(version, calendar_id, calendar, by_metric, pauses_on, warn_at)


class History:
    """A ticket's history as it is told: each line at its instant, numbered in order."""

    def __init__(self, promised: Promise | None, opened: str = "Mon 09:00", *, for_requester: bool = True) -> None:
        self.numbers = count(1)
        self.happenings: list[Happening] = [Opened(at=at(opened), seq=next(self.numbers), for_requester=for_requester)]
        self.policy(opened, promised)

    def _add(self, happening: Happening) -> History:
        self.happenings.append(replace(happening, seq=next(self.numbers)))
        return self

    def policy(self, when: str, promised: Promise | None) -> History:
        return self._add(PolicyApplied(at=at(when), seq=0, promise=promised))

    def asks(self, when: str) -> History:
        return self._add(RequesterMessage(at=at(when), seq=0))

    def replies(self, when: str) -> History:
        return self._add(AgentReply(at=at(when), seq=0))

    def status(self, when: str, category: str, waiting_on: str | None = None) -> History:
        waits_on = WaitingOn(waiting_on) if waiting_on else None
        return self._add(StatusChanged(at=at(when), seq=0, category=StatusCategory(category), waiting_on=waits_on))

    def hand_off(self, when: str, act: str) -> History:
        return self._add(HandOffMoved(at=at(when), seq=0, act=HandOffAct(act)))

    def timers(self, now: str | datetime | None = None) -> dict[tuple[str, int], TimerView]:
        instant = at(now) if isinstance(now, str) else now
        return {(view.metric.value, view.cycle): view for view in project(self.happenings, now=instant)}

    def timer(self, metric: str, now: str | datetime | None = None, cycle: int = 1) -> TimerView:
        return self.timers(now)[metric, cycle]
