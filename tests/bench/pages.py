"""What is asked of the desk, and the bare SQL of the same answers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench.furnishing import Furnished
from tests.bench.load import Asked, request
from tests.bench.words import COMMON_WORD, rare_word

SQL_SECONDS = 0.4
_NOT_WORK = re.compile(r"^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)", re.I)


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing asked. ``share`` is the part of the bare view's rate that is wanted; 0 when nothing is wanted."""

    name: str
    requests: Sequence[Asked]
    path: str
    share: float
    queries_at_most: int = 0
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """How many queries an answer takes, and the milliseconds that PostgreSQL alone needs for them."""

    queries: int
    sql_ms: float


def kinds(furnished: Furnished, *, size: int, long: Sequence[int]) -> list[Kind]:
    """Everything asked at one size."""
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={furnished.session}"}
    token = {"Authorization": f"Bearer {furnished.token}"}

    def page(path: str) -> Asked:
        return request("GET", path, headers=cookie)

    new = _new_ticket(furnished)
    rare, common = f"/tickets/?q={rare_word(size)}", f"/tickets/?q={COMMON_WORD}"
    listed = "/api/v1/tickets/?status_category=open"
    papers = [f"/tickets/PUO-{ticket_id}/" for ticket_id in long]
    return [
        Kind(
            "create through REST",
            [request("POST", "/api/v1/tickets/", headers=token, body=new, status=201)],
            "/api/v1/tickets/",
            1 / 8,
            writes=True,
        ),
        Kind("queue page", [page("/tickets/?view=open")], "/tickets/?view=open", 1 / 15, 12),
        Kind("list by API", [request("GET", listed, headers=token)], listed, 0),
        Kind("ticket page", [page(path) for path in papers], papers[0], 1 / 25, 12),
        Kind("search, rare word", [page(rare)], rare, 1 / 15, 12),
        Kind("search, common word", [page(common)], common, 1 / 15, 12),
    ]


def _new_ticket(furnished: Furnished) -> bytes:
    return json.dumps(
        {
            "subject": "Review screen shows no tasks",
            "body": "Since 07:50 the queue of the review screen is empty for *everybody* in my team.\n\n"
            "We signed out and in again, and tried another browser.",
            "category": furnished.cast.categories[0],
            "impact": 2,
            "urgency": 2,
        }
    ).encode()


def ask_in_process(kind: Kind, furnished: Furnished) -> Asking:
    """The queries of one answer, caught in this process, and their time when asked again as bare SQL."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = furnished.session
    headers = {"Authorization": f"Bearer {furnished.token}"} if kind.path.startswith("/api/") else {}

    def ask() -> None:
        if kind.writes:
            body = _new_ticket(furnished)
            answer = client.post(kind.path, body, content_type="application/json", headers=headers)
        else:
            answer = client.get(kind.path, headers=headers)
        assert answer.status_code < 300, (kind.name, answer.status_code, answer.content[:500])

    ask()  # the first one fills caches and marks what it shows as read
    with CaptureQueriesContext(connection) as caught:
        ask()
    statements = [one["sql"] for one in caught.captured_queries if not _NOT_WORK.match(one["sql"])]
    repeat = _create_again(statements) if kind.writes else _read_again(statements)
    return Asking(len(statements), 1000 * _median_seconds(repeat))


def _read_again(statements: Sequence[str]) -> Callable[[], None]:
    def again() -> None:
        with connection.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                if cursor.description:
                    cursor.fetchall()

    return again


def _create_again(statements: Sequence[str]) -> Callable[[], None]:
    """The same rows under a new number at each call, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM pg_sequences WHERE sequencename = 'tickets_ticket_id_seq'")
        known = str(cursor.fetchone()[0])
    number = re.compile(rf"(?<!\d){known}(?!\d)")

    def again() -> None:
        raw = connection.connection
        raw.autocommit = False
        with raw, raw.cursor() as cursor:
            cursor.execute("SELECT nextval('tickets_ticket_id_seq')")
            fresh = str(cursor.fetchone()[0])
            for statement in statements:
                if "nextval" not in statement:
                    cursor.execute(number.sub(fresh, statement))
                    if cursor.description:
                        cursor.fetchall()
        raw.autocommit = True

    return again


def _median_seconds(again: Callable[[], None]) -> float:
    took = []
    end = time.perf_counter() + SQL_SECONDS
    while not took or time.perf_counter() < end:
        began = time.perf_counter()
        again()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]
