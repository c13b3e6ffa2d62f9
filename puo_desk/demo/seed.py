"""Fills an empty desk through its operations, one after the other, with a clock that moves."""

from __future__ import annotations

import gc
import multiprocessing
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction

from escalations.models import Calendar, CalendarHours, Holiday, SlaPolicy, SlaTarget
from escalations.operations.settings import publish_policy
from escalations.operations.sweep import tell_due_timers
from puo_desk.accounts.models import Team, User
from puo_desk.accounts.operations.people import add_person, set_memberships
from puo_desk.accounts.queries.people import actor_for
from puo_desk.accounts.vocabulary import DESK_ROLES, Role
from puo_desk.demo.people import (
    COLLEAGUES,
    ENGINEERING,
    PARTNERS,
    PASSWORD,
    PLATFORMS,
    REQUESTERS,
    ROBOTS,
    TEAMS,
    TOPICS,
    Colleague,
)  # fmt: skip
from puo_desk.demo.stories import ON_HAND, SPECIAL_INCIDENTS, STORIES
from puo_desk.demo.timeline import DAYS, SEED, Act, Course, plan_courses, team_of
from puo_desk.kernel.actor import Actor
from puo_desk.notifications.models import Notification
from reports.operations.build import build_daily_reports, this_desk_day
from sop.demo import seed_articles
from sop.operations.applying import apply_article_to_ticket
from sop.vocabulary import UseKind
from tickets.models import Category, FormField, KnownIncident, Tag, Ticket
from tickets.operations.assignment import assign_ticket, claim_ticket, move_to_team
from tickets.operations.attachments import store_upload
from tickets.operations.conversation import mark_read, note_on_ticket, reply_to_ticket
from tickets.operations.follow_ups import run_due_follow_ups
from tickets.operations.incidents import end_incident, publish_incident
from tickets.operations.opening import NewTicket, open_ticket
from tickets.operations.properties import set_category, set_priority, tag_ticket
from tickets.operations.relations import follow_incident, link_tickets, watch_ticket
from tickets.operations.statuses import close_ticket, confirm_fix, rate_ticket, set_status
from tickets.vocabulary import ACTIVE, FieldKind, LinkKind

FIRST_NUMBER = 3_800
"""A desk in use does not begin with ticket 1."""
A_MOMENT = timedelta(minutes=1)
"""What follows within a moment leaves the desk no time to tell anything in between."""
SETUP = Actor.system("demo")

Progress = Callable[[str], None]


@dataclass(slots=True)
class Desk:
    """What the seeding needs to know of the desk that it fills."""

    now: datetime
    say: Progress
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311  a demo, no secret
    actors: dict[str, Actor] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    articles: dict[str, int] = field(default_factory=dict)
    incidents: dict[str, KnownIncident] = field(default_factory=dict)
    ticket_of: dict[int, int] = field(default_factory=dict)
    holder_of: dict[int, str] = field(default_factory=dict)
    newest_of: dict[str, int] = field(default_factory=dict)
    alike: dict[str, int | None] = field(default_factory=dict)

    def actor(self, username: str, source: str = "web") -> Actor:
        """The person, for one new act."""
        return self.actors[username].via(source)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What there is now."""

    people: int
    tickets: int
    active: int
    reports: int


def seed(*, now: datetime, say: Progress, workers: int = 1) -> Seeded:
    """Fill the empty desk with two weeks that end at ``now``, on several cores when there are ``workers``."""
    desk = Desk(now, say)
    begun = now - timedelta(days=DAYS + 1)
    with transaction.atomic():
        _people(desk, begun)
        _classification(desk)
        _promises(desk, begun)
        _articles(desk)
        _incidents(desk)
        Tag.objects.bulk_create(Tag(name=name) for name in sorted({tag for story in STORIES for tag in story.tags}))
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence('tickets_ticket', 'id'), %s)", [FIRST_NUMBER])
    say(f"{len(desk.actors)} people, {len(desk.topics)} kinds of request, {len(desk.articles)} procedures")
    courses = plan_courses(now)
    _live_all(desk, courses, workers)
    with transaction.atomic():
        _news_in_order(desk)
        _mark_read(desk)
        reports = _reports(desk)
    active = Ticket.objects.filter(status_category__in=ACTIVE).count()
    return Seeded(len(desk.actors), len(courses), active, reports)


def _people(desk: Desk, begun: datetime) -> None:
    # One hash for all: a slow one is right for passwords and wrong for thirty demo people.
    password, nobody = make_password(PASSWORD), make_password(None)
    for name, description in TEAMS.items():
        team = Team.objects.create(name=name, slug=name.lower().replace(" ", "-"), description=description)
        desk.teams[name] = team.pk
    for who in COLLEAGUES:
        user = User(
            username=who.username, full_name=who.name, role=who.role, job_title=who.title, time_zone=who.time_zone,
            password=password,
        )  # fmt: skip
        _add(desk, user, begun, {desk.teams[name]: name in who.leads for name in {*who.teams, *who.leads}})
    for username, name, title, time_zone in REQUESTERS:
        _add(
            desk,
            User(username=username, full_name=name, job_title=title, time_zone=time_zone, password=password),
            begun,
        )
    for username, name in ROBOTS:
        _add(desk, User(username=username, full_name=name, is_service=True, password=nobody), begun)


def _add(desk: Desk, user: User, at: datetime, teams: dict[int, bool] | None = None) -> None:
    # No address: nobody is ever sent a mail by a demo.
    add_person(user=user, actor=SETUP, now=at)
    if teams:
        set_memberships(user_id=user.pk, leads_by_team=teams, actor=SETUP, now=at)
    desk.actors[user.username] = actor_for(user, source="web")


def _classification(desk: Desk) -> None:
    for place, (slug, (name, team, description)) in enumerate(PLATFORMS.items()):
        parent = Category.objects.create(
            name=name, slug=slug, team_id=desk.teams[team], description=description, position=place
        )
        for position, topic in enumerate(topic for topic in TOPICS if topic.parent == slug):
            category = Category.objects.create(
                parent=parent, name=topic.name, slug=topic.slug, description=topic.description,
                team_id=desk.teams[team], keywords=topic.keywords, default_impact=topic.impact,
                default_urgency=topic.urgency, is_sensitive=topic.is_sensitive, position=position,
            )  # fmt: skip
            desk.topics[topic.slug] = category.pk
            FormField.objects.bulk_create(
                FormField(
                    category=category, key=question.key, label=question.label, kind=question.kind,
                    is_required=question.is_required, options=list(question.options), position=order,
                )
                for order, question in enumerate(topic.questions)
            )  # fmt: skip


def _promises(desk: Desk, begun: datetime) -> None:
    """Beside the promise to everybody, one to partners that counts by office hours."""
    office = Calendar.objects.create(name="Office hours, Zurich", time_zone="Europe/Zurich")
    CalendarHours.objects.bulk_create(
        CalendarHours(calendar=office, weekday=day, hours=hours)
        for day in range(5)
        for hours in ("08:00-12:00", "13:00-18:00")
    )
    year = desk.now.year
    holidays = ((1, 1, "New Year"), (5, 1, "Labour Day"), (8, 1, "National Day"), (12, 25, "Christmas Day"),
                (12, 26, "St Stephen's Day"))  # fmt: skip
    Holiday.objects.bulk_create(
        Holiday(calendar=office, on=date(year, month, day), is_yearly=True, name=name) for month, day, name in holidays
    )
    policy = SlaPolicy.objects.create(name="Partners, office hours", position=10, calendar=office)
    policy.teams.set([desk.teams[PARTNERS]])
    hour = 3600
    targets = {1: (1, 1, 4), 2: (1, 2, 9), 3: (3, 5, 18), 4: (6, 9, 45)}
    metrics = ("first_response", "next_response", "resolution")
    SlaTarget.objects.bulk_create(
        SlaTarget(policy=policy, priority=priority, metric=metric, seconds=hours * hour)
        for priority, all_hours in targets.items()
        for metric, hours in zip(metrics, all_hours, strict=True)
    )
    publish_policy(policy_id=policy.pk, actor=SETUP, now=begun)


def _articles(desk: Desk) -> None:
    for article in seed_articles(desk.actor("lead"), desk.now):
        if article.is_published and article.published_version is not None:
            desk.articles[article.published_version.title] = article.pk


@contextmanager
def _in_one_go() -> Iterator[None]:
    """Without savepoints and garbage collection: a demo that meets an error is thrown away whole.

    An operation marks its place in the transaction around it, to take back itself alone. Nobody goes on after
    an error here, and the marks are a quarter of all statements.
    """
    features = connection.features
    features.uses_savepoints = False
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        features.uses_savepoints = True


def _live_all(desk: Desk, courses: list[Course], workers: int) -> None:
    """Live through every course. One that is over leaves nothing due, so courses do not meet in time."""
    if workers <= 1:
        _live_from(desk, courses, _Turns(count(), nullcontext()))
        return
    processes = multiprocessing.get_context("fork")
    taken, turn, failed = processes.Value("i", 0), processes.Lock(), processes.Value("i", 0)

    def numbers() -> Iterator[int]:
        while True:
            place = taken.value
            taken.value = place + 1
            yield place

    def work() -> None:
        try:
            # What is written here is written again by the next seeding if the machine stops.
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit = off")
            _live_from(desk, courses, _Turns(numbers(), turn))
        except BaseException:
            failed.value = 1
            raise

    # A connection cannot be shared with another process.
    connections.close_all()
    crew = [processes.Process(target=work) for _ in range(workers)]
    for process in crew:
        process.start()
    for process in crew:
        process.join()
    if failed.value or any(process.exitcode for process in crew):
        raise RuntimeError("The demo stopped half-way. Remove the desk's database and start again.")


@dataclass(slots=True)
class _Turns:
    """Whose ticket is opened next: one at a time, so that numbers follow the hours of opening."""

    places: Iterator[int]
    turn: Any


def _live_from(desk: Desk, courses: list[Course], turns: _Turns) -> None:
    with _in_one_go():
        while True:
            with transaction.atomic():
                with turns.turn:
                    place = next(turns.places)
                    if place >= len(courses):
                        return
                    desk.dice = random.Random(SEED + place)  # noqa: S311  a demo, no secret
                    _cast(desk, place, courses[place])
                    _open(desk, place, courses[place], courses[place].opened_at)
                _live(desk, place, courses[place])
            if place % 60 == 0:
                desk.say(f"{courses[place].opened_at:%d %b}: {place} of {len(courses)} tickets")


def _live(desk: Desk, place: int, course: Course) -> None:
    """All that happens to one ticket until now, with what the desk's own clockwork does on the way."""
    clock = course.opened_at
    for act in sorted(course.acts, key=lambda act: act.at):
        if act.at >= desk.now:
            break
        if act.at - clock > A_MOMENT:
            _tell_until(clock, act.at)
        clock = act.at
        _act(desk, place, course, act, act.at)
    _tell_until(clock, desk.now)


def _tell_until(clock: datetime, until: datetime) -> None:
    """Let the desk tell what is due on the way: warnings, breaches, follow-ups."""
    while (wake := _next_wake()) is not None and wake <= until:
        clock = max(clock, wake)
        tell_due_timers(now=clock)
        run_due_follow_ups(now=clock)


def _next_wake() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least((SELECT min(due_at) FROM escalations_timer WHERE state = 'waiting'),"
            " (SELECT min(due_at) FROM tickets_followup WHERE state = 'waiting'))"
        )
        return cursor.fetchone()[0]


def _incidents(desk: Desk) -> None:
    for title, summary, keywords, topic, begun, ended in SPECIAL_INCIDENTS:
        incident = publish_incident(
            title=title, public_summary=summary, keywords=keywords, category_id=desk.topics[topic],
            actor=desk.actor("mei.lin"), now=desk.now - timedelta(hours=begun),
        )  # fmt: skip
        if ended is None:
            desk.incidents[topic] = incident
        else:
            ended_at = desk.now - timedelta(hours=ended)
            end_incident(incident_id=incident.pk, actor=desk.actor("mei.lin"), now=ended_at)


def _cast(desk: Desk, place: int, course: Course) -> None:
    """Who asks and who has it."""
    dice = desk.dice
    if course.story.by_robot:
        course.requester = "partner-bridge" if course.story.topic == "webhooks" else "trust-ops-robot"
    elif not course.requester:
        outside = team_of(course.story) == PARTNERS and course.story.topic in ("api-errors", "webhooks")
        names = [username for username, *_ in REQUESTERS[1:-1]]
        # The demo requester has asked before, now and then.
        now_and_then = "requester" if place % 55 == 7 and not course.is_live else dice.choice(names)
        course.requester = "george.tabone" if outside else now_and_then
    if not course.on:
        course.on = _on_shift(desk, team_of(course.story), course.opened_at, spare_agent=course.is_live).username
    desk.holder_of[place] = course.on


def _on_shift(desk: Desk, team: str, at: datetime, *, spare_agent: bool = False) -> Colleague:
    able = [who for who in COLLEAGUES if team in who.teams and who.role in DESK_ROLES]
    if spare_agent:
        able = [who for who in able if who.username != "agent"]
    on_shift = [who for who in able if (at.hour - who.shift) % 24 < 9] or able
    agents = [who for who in on_shift if who.role == Role.AGENT]
    return desk.dice.choice(agents or on_shift)


def _open(desk: Desk, place: int, course: Course, at: datetime) -> None:
    story, say, dice = course.story, course.words, desk.dice
    by_agent = course.channel == "phone"
    opener = desk.actor(
        desk.holder_of[place] if by_agent else course.requester, "api" if course.channel == "api" else "web"
    )
    answers: dict[str, Any] = {}
    if course.is_sorted:
        topic = next(topic for topic in TOPICS if topic.slug == story.topic)
        for question in topic.questions:
            if question.answer and (question.is_required or dice.random() < 0.8):
                answer = question.answer.format_map(say)
                answers[question.key] = [answer] if question.kind == FieldKind.MULTI_CHOICE else answer
    incident = desk.incidents.get(story.topic)
    follows = incident is not None and at > incident.started_at and not by_agent and desk.dice.random() < 0.8
    ticket = open_ticket(
        NewTicket(
            subject=dice.choice(story.subjects).format_map(say),
            body=dice.choice(story.says).format_map(say),
            category_id=desk.topics[story.topic] if course.is_sorted else None,
            impact=story.impact,
            urgency=story.urgency,
            requester_id=desk.actors[course.requester].user_id if by_agent else None,
            channel=course.channel,
            form_answers=answers,
            files=_files(desk, course, opener, at),
            incident_id=incident.pk if incident is not None and follows else None,
        ),
        actor=opener,
        now=at,
    )
    desk.ticket_of[place] = ticket.pk
    desk.alike[course.story.topic] = desk.newest_of.get(course.story.topic)
    desk.newest_of[course.story.topic] = ticket.pk


def _files(desk: Desk, course: Course, opener: Actor, at: datetime) -> list[UUID]:
    kind = course.story.attachment
    if not kind or desk.dice.random() < 0.4:
        return []
    if kind == "picture":
        name, content = "screenshot.png", picture_of_a_form(desk.dice)
    else:
        name, content = "log.txt", _log(course, at)
    return [store_upload(file=SimpleUploadedFile(name, content), actor=opener, now=at).key]


def _log(course: Course, at: datetime) -> bytes:
    path, code = course.words["path"], course.words["code"]
    refused = "401" if "key" in "".join(course.story.tags) else "429"
    lines = [
        f"{at - timedelta(seconds=90 - 7 * line):%Y-%m-%dT%H:%M:%SZ} POST /v2/{path}"
        f" {refused if line % 4 else '200'} {31 + 13 * line % 47} ms id={code}-{line:02}"
        for line in range(12)
    ]
    return "\n".join(lines).encode()


WIDE, HIGH = 320, 200


def picture_of_a_form(dice: random.Random) -> bytes:
    """A small PNG like a screenshot of a form: bars on a light ground, and a button that stays grey."""
    ground, bar, button = b"\xf4\xf5\xf7", b"\xc9\xce\xd8", b"\x9a\xa3\xb2"
    rows = [bytearray(ground * WIDE) for _ in range(HIGH)]

    def box(left: int, top: int, width: int, height: int, colour: bytes) -> None:
        for row in rows[top : top + height]:
            row[left * 3 : (left + width) * 3] = colour * width

    box(0, 0, WIDE, 18, b"\x3b\x52\xd1")
    for line in range(6):
        box(20, 36 + 20 * line, dice.randrange(90, 270), 9, bar)
    box(220, 168, 80, 20, button)
    raw = b"".join(b"\x00" + bytes(row) for row in rows)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", WIDE, HIGH, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def _act(desk: Desk, place: int, course: Course, act: Act, at: datetime) -> None:
    """Do one act of a course: a line of its talk, or what is done beside."""
    ticket_id = desk.ticket_of[place]
    text = act.text.format_map(course.words) if act.kind in "AQRNTEFS" else act.text
    if act.kind in _TALK:
        _TALK[act.kind](desk, place, course, text, at)
    else:
        _BESIDE[act.kind](desk, place, course, text, at, ticket_id)


def _reply(status: str | None) -> Callable[[Desk, int, Course, str, datetime], None]:
    def reply(desk: Desk, place: int, course: Course, text: str, at: datetime) -> None:
        actor = desk.actor(desk.holder_of[place])
        reply_to_ticket(ticket_id=desk.ticket_of[place], body=text, actor=actor, now=at, set_status=status)

    return reply


def _requester_writes(desk: Desk, place: int, course: Course, text: str, at: datetime) -> None:
    reply_to_ticket(
        ticket_id=desk.ticket_of[place],
        body=text,
        actor=desk.actor(course.requester),
        now=at,
        channel="web" if course.channel == "phone" else course.channel,
    )


def _note(desk: Desk, place: int, course: Course, text: str, at: datetime) -> None:
    note_on_ticket(ticket_id=desk.ticket_of[place], body=text, actor=desk.actor(desk.holder_of[place]), now=at)


def _hand_to_engineering(desk: Desk, place: int, course: Course, text: str, at: datetime) -> None:
    agent, ticket_id = desk.actors[desk.holder_of[place]].via("web"), desk.ticket_of[place]
    note_on_ticket(ticket_id=ticket_id, body=text, actor=agent, now=at)
    set_status(ticket_id=ticket_id, status="with_engineering", actor=agent, now=at)
    move_to_team(ticket_id=ticket_id, team_id=desk.teams[ENGINEERING], actor=agent, now=at)
    engineer = desk.actors[desk.dice.choice(("engineer", "lucia.ferro"))]
    if not course.is_live or desk.dice.random() < 0.7:
        assign_ticket(ticket_id=ticket_id, assignee_id=engineer.user_id, actor=agent, now=at)


def _engineer_answers(desk: Desk, place: int, course: Course, text: str, at: datetime) -> None:
    ticket_id = desk.ticket_of[place]
    holder = Ticket.objects.values_list("assignee__username", flat=True).get(pk=ticket_id) or "engineer"
    note_on_ticket(ticket_id=ticket_id, body=text, actor=desk.actor(holder), now=at)
    agent = desk.actor(desk.holder_of[place])
    move_to_team(ticket_id=ticket_id, team_id=desk.teams[team_of(course.story)], actor=agent, now=at)
    assign_ticket(ticket_id=ticket_id, assignee_id=agent.user_id, actor=agent, now=at)
    set_status(ticket_id=ticket_id, status="in_progress", actor=agent, now=at)


_TALK: dict[str, Callable[[Desk, int, Course, str, datetime], None]] = {
    "A": _reply(None),
    "Q": _reply("waiting_requester"),
    "T": _reply("waiting_third_party"),
    "S": _reply("resolved"),
    "R": _requester_writes,
    "N": _note,
    "E": _hand_to_engineering,
    "F": _engineer_answers,
}


def _claim(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    claim_ticket(ticket_id=ticket_id, actor=desk.actor(desk.holder_of[place]), now=at)


def _lead_of(desk: Desk, course: Course) -> Actor:
    team = team_of(course.story)
    return desk.actor(next(who.username for who in COLLEAGUES if team in who.leads))


def _assign(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    assignee = desk.actors[desk.holder_of[place]].user_id
    assign_ticket(ticket_id=ticket_id, assignee_id=assignee, actor=_lead_of(desk, course), now=at)


def _tag(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    tag_ticket(ticket_id=ticket_id, add=course.story.tags, actor=desk.actor(desk.holder_of[place]), now=at)


def _judge_anew(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    urgency = desk.dice.choice([value for value in (2, 3) if value != course.story.urgency])
    actor = desk.actor(desk.holder_of[place])
    set_priority(ticket_id=ticket_id, urgency=urgency, actor=actor, now=at)


def _sort(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    actor = desk.actor(desk.holder_of[place])
    set_category(ticket_id=ticket_id, category_id=desk.topics[course.story.topic], actor=actor, now=at)
    move_to_team(ticket_id=ticket_id, team_id=desk.teams[team_of(course.story)], actor=actor, now=at)


def _watch(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    watch_ticket(ticket_id=ticket_id, actor=_lead_of(desk, course), now=at)


def _link(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    other = desk.alike.get(course.story.topic)
    if other is not None:
        actor = desk.actor(desk.holder_of[place])
        kind = LinkKind.RELATED if desk.dice.random() < 0.7 else LinkKind.DUPLICATE
        link_tickets(ticket_id=ticket_id, other_id=other, kind=kind, actor=actor, now=at)
    incident = desk.incidents.get(course.story.topic)
    if incident is not None and at > incident.started_at:
        follow_incident(ticket_id=ticket_id, incident_id=incident.pk, actor=desk.actor(course.requester), now=at)


def _use_procedure(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    article_id = next((pk for title, pk in desk.articles.items() if title.startswith(course.story.sop)), None)
    if article_id is not None:
        kind = UseKind.LINK if desk.dice.random() < 0.6 else UseKind.TEXT
        actor = desk.actor(desk.holder_of[place])
        apply_article_to_ticket(article_id=article_id, ticket_id=ticket_id, kind=kind, actor=actor, now=at)


def _hand_on(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    """The shift ends: a colleague goes on. Not while engineering has it."""
    if Ticket.objects.filter(pk=ticket_id, team_id=desk.teams[ENGINEERING]).exists():
        return
    giver = desk.actor(desk.holder_of[place])
    taker = _on_shift(desk, team_of(course.story), at + timedelta(hours=8))
    if taker.username == desk.holder_of[place]:
        return
    note = desk.dice.choice(ON_HAND).format(name=taker.name)
    note_on_ticket(ticket_id=ticket_id, body=note, actor=giver, now=at)
    assign_ticket(ticket_id=ticket_id, assignee_id=desk.actors[taker.username].user_id, actor=giver, now=at)
    desk.holder_of[place] = taker.username


def _confirm(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    confirm_fix(ticket_id=ticket_id, actor=desk.actor(course.requester), now=at)


def _rate(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    requester = desk.actor(course.requester)
    rate_ticket(ticket_id=ticket_id, score=int(text[0]), comment=text[1:], actor=requester, now=at)


def _close(desk: Desk, place: int, course: Course, text: str, at: datetime, ticket_id: int) -> None:
    close_ticket(ticket_id=ticket_id, actor=desk.actor(desk.holder_of[place]), now=at)


_BESIDE: dict[str, Callable[[Desk, int, Course, str, datetime, int], None]] = {
    "claim": _claim,
    "assign": _assign,
    "tag": _tag,
    "priority": _judge_anew,
    "sort": _sort,
    "watch": _watch,
    "link": _link,
    "procedure": _use_procedure,
    "hand_on": _hand_on,
    "confirm": _confirm,
    "rate": _rate,
    "close": _close,
}


def _news_in_order(desk: Desk) -> None:
    """News as they came, whatever ticket they came from, and read until five hours ago."""
    with connection.cursor() as cursor:
        cursor.execute("""
            UPDATE notifications_notification AS news SET id = -ordered.place
            FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS place FROM notifications_notification)
                AS ordered WHERE ordered.id = news.id
        """)
        cursor.execute("UPDATE notifications_notification SET id = -id")
    five_hours_ago = desk.now - timedelta(hours=5)
    Notification.objects.filter(created_at__lt=five_hours_ago, read_at=None).update(read_at=five_hours_ago)


def _mark_read(desk: Desk) -> None:
    """Those who try the demo have read what is an hour old, and not yet the rest."""
    an_hour_ago = desk.now - timedelta(hours=1)
    for ticket in Ticket.objects.filter(status_category__in=ACTIVE, updated_at__lt=an_hour_ago):
        for username in ("agent", "lead", "admin"):
            mark_read(ticket=ticket, actor=desk.actors[username])


def _reports(desk: Desk) -> int:
    """The daily reports of the days that are over."""
    today = this_desk_day(desk.now.date())
    last = desk.now.date() - timedelta(days=1 if today.starts_at <= desk.now else 2)
    days = build_daily_reports(from_day=last - timedelta(days=DAYS - 2), to_day=last, actor=SETUP, now=desk.now)
    return sum(report is not None for _day, report in days)
