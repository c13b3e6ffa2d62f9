"""Who is behind a session or a token: the person and the person's teams, in one statement.

Asked at every request, and so written in SQL: making these statements by the ORM costs more than their answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from puo_desk.accounts.models import ApiToken, Memberships, User
from puo_desk.kernel.plain_rows import columns_of, take_row

_TEAMS = """
    ARRAY(SELECT team_id FROM accounts_membership WHERE user_id = person.id),
    ARRAY(SELECT team_id FROM accounts_membership WHERE user_id = person.id AND is_lead)
"""
_BY_ID = f"""
SELECT {columns_of(User, "person")}, {_TEAMS} FROM accounts_user AS person WHERE person.id = %s
"""  # noqa: S608 - our own columns
_BY_TOKEN = f"""
SELECT {columns_of(User, "person")}, {_TEAMS}, {columns_of(ApiToken, "token")}
  FROM accounts_apitoken AS token JOIN accounts_user AS person ON person.id = token.user_id
 WHERE token.prefix = %s
"""  # noqa: S608 - our own columns


def find_reader(user_id: Any) -> User | None:
    """The person with this id, with ``memberships_at_hand``; None when there is none."""
    values = _one_row(_BY_ID, user_id)
    return _take_person(values) if values else None


def find_token(prefix: str) -> ApiToken | None:
    """The token with this public prefix, its person with ``memberships_at_hand``; None when there is none."""
    values = _one_row(_BY_TOKEN, prefix)
    if values is None:
        return None
    person, token = _take_person(values), take_row(ApiToken, values)
    if token is not None and person is not None:
        token.user = person
    return token


def _one_row(statement: str, value: Any) -> Iterator[Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        row = cursor.fetchone()
        return None if row is None else iter(row)


def _take_person(values: Iterator[Any]) -> User | None:
    user = take_row(User, values)
    joined, led = next(values), next(values)
    if user is not None:
        user.memberships_at_hand = Memberships(team_ids=frozenset(joined), led_team_ids=frozenset(led))
    return user
