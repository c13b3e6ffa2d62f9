"""When everything happens at the demo desk: two weeks that end now, the same every time for the same instant.

Half of the work is history, which is over. The rest is what the desk looks like right now, planned backwards
from now: so many late, so many at risk, so many that wait.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from puo_desk.demo.people import MARKETS, PARTNERS, PLATFORMS, REVIEW, TOPICS
from puo_desk.demo.stories import ANY_NEWS, CAME_BACK, PRAISE, SECOND_TRY, STILL_LOOKING, STORIES, WORDS, Story
from tickets.rules.priority import priority_of

DAYS = 14
HISTORY = 168
SEED = 20_260_315

BY_HOUR = (7, 6, 5, 4, 4, 5, 7, 9, 14, 17, 16, 14, 11, 12, 13, 12, 10, 9, 8, 8, 7, 6, 5, 4)
"""How many requests come in each hour of a day (UTC)."""
WEEKEND = 0.6
RECENT_HOURS = 110
HISTORY_OF_LATE = 0.4
"""How much of what came in these last hours is over by now."""

FIRST = {1: 15, 2: 30, 3: 120, 4: 480}
NEXT = {1: 30, 2: 60, 3: 240, 4: 480}
RESOLUTION = {1: 120, 2: 480, 3: 1440, 4: 4320}
"""The targets of the Standard policy in minutes."""

USUAL_FIRST = {1: 5, 2: 9, 3: 22, 4: 55}
USUAL_NEXT = {1: 8, 2: 14, 3: 38, 4: 70}
USUAL_WORK = {1: 14, 2: 60, 3: 380, 4: 2000}
LATE_SHARE = {1: 0.10, 2: 0.06, 3: 0.03, 4: 0.01}
LATE_SOLVED_SHARE = {1: 0.15, 2: 0.08, 3: 0.05, 4: 0.02}

CHANNELS = (("web", 56), ("chat", 18), ("mail", 10), ("im", 7), ("phone", 4), ("api", 5))


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens to a ticket at an instant; ``kind`` is a word that ``seed`` knows."""

    at: datetime
    kind: str
    text: str = ""


@dataclass(slots=True)
class Course:
    """A ticket's whole life, planned. ``on`` says who has it: a user name, or nobody."""

    story: Story
    words: dict[str, str]
    opened_at: datetime
    channel: str
    requester: str = ""
    on: str = ""
    acts: list[Act] = field(default_factory=list)
    is_sorted: bool = True
    is_live: bool = False

    @property
    def priority(self) -> int:
        return priority_of(self.story.impact, self.story.urgency)


def _date(dice: random.Random, course: Course) -> None:
    """The words that depend on the hour of opening: trouble begins shortly before somebody asks for help."""
    begun = course.opened_at - timedelta(minutes=dice.randrange(8, 50))
    course.words |= {
        "time": f"{begun:%H:%M}",
        "today": f"{begun:%Y-%m-%d}",
        "next_week": f"{begun + timedelta(days=dice.randrange(3, 9)):%Y-%m-%d}",
    }


def plan_courses(now: datetime) -> list[Course]:
    """Every ticket of the two weeks before ``now``."""
    dice = random.Random(SEED)  # noqa: S311  a demo, no secret
    courses = [_finished(dice, at, now) for at in _openings(dice, now)]
    courses += [_awaiting(dice, number, now) for number in range(12)]
    courses += _live(dice, now)
    for course in courses:
        _date(dice, course)
    return sorted(courses, key=lambda course: course.opened_at)


def _openings(dice: random.Random, now: datetime) -> Iterator[datetime]:
    first = now - timedelta(days=DAYS)
    hours = [first + timedelta(hours=hour) for hour in range(DAYS * 24 - 5)]
    weights = [BY_HOUR[at.hour] * (WEEKEND if at.weekday() >= 5 else 1.0) for at in hours]
    # What is in hand now was opened in the last days, too.
    weights[-RECENT_HOURS:] = [weight * HISTORY_OF_LATE for weight in weights[-RECENT_HOURS:]]
    for at in sorted(dice.choices(hours, weights, k=HISTORY)):
        yield at + timedelta(minutes=dice.uniform(0, 59))


def _begin(dice: random.Random, story: Story, at: datetime, *, is_live: bool = False) -> Course:
    words = {name: dice.choice(values) for name, values in WORDS.items()}
    words |= {
        "market": dice.choice(MARKETS),
        "number": str(dice.randrange(2_000, 9_900)),
    }
    if story.by_robot:
        channel = "api"
    else:
        channel = dice.choices([name for name, _ in CHANNELS], [share for _, share in CHANNELS])[0]
    if not _is_partner(story) and channel == "api":
        channel = "web"
    return Course(story, words, at, channel, is_live=is_live)


def _is_partner(story: Story) -> bool:
    return _topic_parent(story) == "partner-api"


def _topic_parent(story: Story) -> str:
    return next(topic.parent for topic in TOPICS if topic.slug == story.topic)


def team_of(story: Story) -> str:
    """The team that takes this kind of request."""
    return PLATFORMS[_topic_parent(story)][1]


def _about(dice: random.Random, usual: float, spread: float = 0.6) -> float:
    """Minutes: usually this many, seldom three times as many."""
    return min(dice.lognormvariate(0, spread), 3.5) * usual


def _answer_after(dice: random.Random, usual: float, target: float, late_share: float) -> float:
    if dice.random() < late_share:
        return target * dice.uniform(1.05, 1.7)
    return min(_about(dice, usual), target * 0.92)


def _silence(dice: random.Random, course: Course, before: str) -> float:
    """Minutes until the requester writes again, or the third party answers: for many not on the same day."""
    p = course.priority
    if before == "T":
        return dice.uniform(1_000, 7_500) if p > 2 else _about(dice, 170, 0.4)
    if before == "Q":
        # Reminded after two days; nobody waits so long with what is urgent.
        return dice.uniform(700, 4_000) if dice.random() < 0.8 and p > 2 else _about(dice, 25, 0.9)
    return dice.uniform(0.1, 0.3) * RESOLUTION[p] if dice.random() < 0.7 and p > 2 else _about(dice, 18, 0.9)


def _gaps(dice: random.Random, course: Course, talk: Sequence[str], *, patient: bool = True) -> list[float]:
    """The minutes before each line of the talk; ``patient`` people take their time where no promise runs."""
    p, late = course.priority, LATE_SHARE[course.priority]
    gaps: list[float] = []
    answered, before = False, "R"
    for line in talk:
        who = line[0]
        if (who == "R" or before == "T") and patient:
            gap = _silence(dice, course, before)
        elif who == "R":
            gap = _about(dice, 25 if before == "Q" else 18, 0.9)
        elif not answered and who != "N":
            gap = _answer_after(dice, USUAL_FIRST[p], FIRST[p], late)
        elif before == "R" and who != "N":
            gap = _answer_after(dice, USUAL_NEXT[p], NEXT[p], late / 2)
        elif who == "F":
            gap = _about(dice, min(RESOLUTION[p] / 5, 300), 0.4)
        elif before == "T":
            gap = _about(dice, 170, 0.4)
        else:
            gap = _about(dice, USUAL_WORK[p] / 2 if who == "N" else USUAL_WORK[p])
            gap = min(gap, RESOLUTION[p] * 0.36) if patient else gap / 3
        if who == "S" and dice.random() < LATE_SOLVED_SHARE[p] and answered:
            gap += RESOLUTION[p] * dice.uniform(0.9, 1.1)
        answered = answered or who not in "NR"
        before = who if who != "N" else before
        gaps.append(gap)
    return gaps


def _place(course: Course, talk: Sequence[str], gaps: Sequence[float]) -> datetime:
    """Put the lines of the talk on the course; the instant of the last one."""
    at = course.opened_at
    for line, gap in zip(talk, gaps, strict=True):
        at += timedelta(minutes=gap)
        course.acts.append(Act(at, line[0], line[2:].strip()))
    return at


def _grooming(dice: random.Random, course: Course) -> None:
    """What is done beside the talk: taking, sorting, tagging, procedures, watchers."""
    first = next((act.at for act in course.acts if act.kind not in "R"), None)
    if first is None:
        return
    taken = course.opened_at + (first - course.opened_at) * dice.uniform(0.3, 0.8)
    extra = [Act(taken, "claim" if dice.random() < 0.75 else "assign")]
    if course.story.tags and dice.random() < 0.5:
        extra.append(Act(taken + timedelta(seconds=20), "tag"))
    if dice.random() < 0.08:
        extra.append(Act(taken + timedelta(seconds=40), "priority"))
    if dice.random() < 0.06 and not course.story.by_robot:
        course.is_sorted = False
        extra.append(Act(taken - timedelta(seconds=30), "sort"))
    if dice.random() < 0.05:
        extra.append(Act(first + timedelta(minutes=2), "watch"))
    if dice.random() < 0.06:
        extra.append(Act(first + timedelta(minutes=1), "link"))
    answers = [act for act in course.acts if act.kind in "AS"]
    if course.story.sop and answers and dice.random() < 0.85:
        extra.append(Act(answers[0].at - timedelta(seconds=25), "procedure"))
    if len(answers) > 1 and dice.random() < 0.12:
        extra.append(Act(answers[0].at + (answers[1].at - answers[0].at) / 2, "hand_on"))
    course.acts += extra


def _with_news(dice: random.Random, talk: Sequence[str]) -> list[str]:
    """Now and then the requester asks again before the end, and is answered."""
    lines = list(talk)
    if len(lines) > 1 and lines[-1][0] == "S" and lines[-2][0] in "AN" and dice.random() < 0.15:
        lines[-1:-1] = [f"R> {dice.choice(ANY_NEWS)}", f"A> {dice.choice(STILL_LOOKING)}"]
    return lines


def _pick(dice: random.Random, stories: Sequence[Story] = STORIES) -> Story:
    return dice.choices(stories, [story.weight for story in stories])[0]


def _finished(dice: random.Random, at: datetime, now: datetime) -> Course:
    """A ticket that is solved by now, however it went."""
    course = _begin(dice, _pick(dice), at)
    silent = at < now - timedelta(days=8.5) and dice.random() < 0.35
    questions = [place for place, line in enumerate(course.story.talk) if line[0] == "Q"]
    if silent and questions:
        talk = list(course.story.talk[: questions[0] + 1])
        _place(course, talk, _gaps(dice, course, talk))
        _grooming(dice, course)
        return course
    talk = _with_news(dice, course.story.talk)
    over_by = now - timedelta(minutes=50)
    for patient in (True, True, True, False):
        course.acts.clear()
        solved_at = _place(course, talk, _gaps(dice, course, talk, patient=patient))
        # The last days' history is what went quickly; what takes long is in hand now.
        if solved_at <= over_by:
            break
    late_by = solved_at - over_by
    if late_by > timedelta(0):
        # History is over: what would still be under way began earlier instead.
        course.opened_at -= late_by
        course.acts = [replace(act, at=act.at - late_by) for act in course.acts]
        solved_at -= late_by
    _grooming(dice, course)
    _aftermath(dice, course, solved_at, now)
    return course


def _aftermath(dice: random.Random, course: Course, solved_at: datetime, now: datetime) -> None:
    """Confirmed, left to itself, or not solved after all; and rated."""
    if course.story.by_robot:
        course.acts.append(Act(solved_at + timedelta(minutes=1), "close"))
        return
    at = solved_at + timedelta(minutes=_about(dice, 60, 1.1))
    fate = dice.random()
    if fate < 0.07 and at + timedelta(hours=5) < now:
        course.acts.append(Act(at, "R", dice.choice(CAME_BACK)))
        again = at + timedelta(minutes=_answer_after(dice, USUAL_NEXT[course.priority], NEXT[course.priority], 0.05))
        solved_at = again + timedelta(minutes=1)
        course.acts.append(Act(solved_at, "S", dice.choice(SECOND_TRY)))
        at = solved_at + timedelta(minutes=_about(dice, 60, 0.8))
    is_confirmed = fate < 0.62 and at < now
    if is_confirmed:
        course.acts.append(Act(at, "confirm"))
    if is_confirmed and dice.random() < 0.62:
        scores = (1, 2, 4, 26, 67) if fate >= 0.07 else (12, 22, 30, 26, 10)
        score = dice.choices((1, 2, 3, 4, 5), scores)[0]
        course.acts.append(Act(at + timedelta(minutes=1), "rate", f"{score}{dice.choice(PRAISE[score])}"))


def _awaiting(dice: random.Random, number: int, now: datetime) -> Course:
    """A ticket that is resolved and waits for the requester's word; the first is the demo requester's."""
    story = _pick(
        dice, [story for story in STORIES if not story.by_robot and not _is_partner(story) and story.weight > 2]
    )
    course = _begin(dice, story, now)
    gaps = _gaps(dice, course, story.talk)
    course.opened_at = now - timedelta(minutes=sum(gaps) + dice.uniform(25, 420 + 180 * number))
    _place(course, story.talk, gaps)
    _grooming(dice, course)
    if number == 0:
        course.requester = "requester"
    return course


# what, how many, who spoke last, since then as a share of the target or in minutes, priorities
_NOW: tuple[tuple[str, int, str, tuple[float, float], frozenset[int]], ...] = (
    ("fresh", 7, "", (0.02, 0.2), frozenset({2, 3, 4})),
    ("risk_first", 3, "", (0.78, 0.9), frozenset({2, 3})),
    ("late_first", 2, "", (1.03, 1.25), frozenset({2, 3})),
    ("answer", 5, "R", (0.05, 0.55), frozenset({1, 2, 3})),
    ("answer", 5, "QR", (0.05, 0.55), frozenset({3, 4})),
    ("risk_next", 3, "R", (0.79, 0.93), frozenset({2, 3})),
    ("late_next", 1, "R", (1.05, 1.1), frozenset({2})),
    ("work", 5, "A", (4, 160), frozenset({2, 3})),
    ("work", 7, "A", (700, 2_700), frozenset({4})),
    ("asked", 8, "Q", (25, 8_600), frozenset({2, 3, 4})),
    ("elsewhere", 3, "T", (600, 9_000), frozenset({3, 4})),
    ("engineering", 4, "E", (50, 2_000), frozenset({3, 4})),
    ("risk_resolution", 2, "A", (0.8, 0.92), frozenset({2, 3})),
    ("late_resolution", 1, "A", (1.02, 1.08), frozenset({2})),
)
JONAS_HAS = 7


def _live(dice: random.Random, now: datetime) -> list[Course]:
    """What the desk has in hand right now."""
    courses: list[Course] = []
    for what, number, last, share, priorities in _NOW:
        for turn in range(number):
            # Every other one of what is worked on belongs to the demo agent's team.
            wants_team = REVIEW if what in ("answer", "work", "risk_next", "asked") and turn % 3 == 0 else ""
            fitting = _fitting(last, priorities, wants_team)
            if what.startswith(("risk", "late")):
                # Partners are promised by office hours, which may be over now.
                fitting = [story for story in fitting if team_of(story) != PARTNERS]
            fresh = [story for story in fitting if story not in [course.story for course in courses]]
            course = _unfinished(dice, _pick(dice, fresh or fitting), what, last, share, now)
            courses.append(course)
    mine = [course for course in courses if team_of(course.story) == REVIEW and course.on == ""]
    for course in [course for course in mine if course.acts][:JONAS_HAS]:
        course.on = "agent"
    for course in [course for course in mine if course.acts and course.acts[0].kind not in "T"][:2]:
        course.requester = "requester"
        course.channel = "web"
    return courses


def _fitting(last: str, priorities: frozenset[int], team: str) -> list[Story]:
    fitting = [
        story
        for story in STORIES
        if priority_of(story.impact, story.urgency) in priorities
        and last in _speakers(story)
        and (not team or team_of(story) == team)
        and not (story.by_robot and last)
    ]
    return fitting or _fitting(last, frozenset({1, 2, 3, 4}), team if team and last != "T" else "")


def _speakers(story: Story) -> str:
    return "".join(line[0] for line in story.talk)


def _unfinished(
    dice: random.Random, story: Story, what: str, last: str, share: tuple[float, float], now: datetime
) -> Course:
    """A ticket that stands just so at ``now``, planned backwards."""
    course = _begin(dice, story, now, is_live=True)
    p = course.priority
    some = dice.uniform(*share)
    if not last:
        course.opened_at = now - timedelta(minutes=min(some * FIRST[p], 14.0) if what == "fresh" else some * FIRST[p])
        if what == "risk_first" and dice.random() < 0.4:
            course.acts.append(Act(course.opened_at + (now - course.opened_at) * 0.7, "claim"))
        return course
    talk = list(story.talk[: _speakers(story).index(last) + len(last)])
    if what.endswith("resolution"):
        talk = [line for line in talk if line[0] in "AN"][-1:]
        course.opened_at = now - timedelta(minutes=some * RESOLUTION[p])
        _place(course, talk, [_about(dice, USUAL_FIRST[p], 0.3)])
        _grooming(dice, course)
        course.acts = [act for act in course.acts if act.kind != "priority"]
        return course
    ago = some * NEXT[p] if last.endswith("R") else some
    said = [line[0] for line in talk]
    pauses = [before in "QT" for before in ["", *said[:-1]]]
    gaps = [
        gap if is_pause else min(gap, RESOLUTION[p] * 0.18)
        for gap, is_pause in zip(_gaps(dice, course, talk), pauses, strict=True)
    ]
    gaps[0] = min(gaps[0], FIRST[p] * 0.7)
    if last in "AE":
        # A promise to solve is running, but for the pauses: not more than some of it is used.
        used = sum(gap for gap, is_pause in zip(gaps, pauses, strict=True) if not is_pause)
        ago = min(ago, RESOLUTION[p] * 0.65 - used)
    course.opened_at = now - timedelta(minutes=sum(gaps) + max(ago, 3.0))
    _place(course, talk, gaps)
    _grooming(dice, course)
    course.acts = [act for act in course.acts if act.kind not in ("hand_on", "priority")]
    return course
