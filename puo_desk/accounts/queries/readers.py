"""Who is behind a session or a token: the person and the person's teams, in one statement.

Asked at every request, and so written in SQL: making these statements by the ORM costs more than their answers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from puo_desk.accounts.models import ApiToken, Memberships, User

_PERSON = [field.attname for field in User._meta.concrete_fields]
_TOKEN = [field.attname for field in ApiToken._meta.concrete_fields]
_TEAMS = """
    ARRAY(SELECT team_id FROM accounts_membership WHERE user_id = person.id),
    ARRAY(SELECT team_id FROM accounts_membership WHERE user_id = person.id AND is_lead)
"""
_COLUMNS = ", ".join([*(f"person.{name}" for name in _PERSON), _TEAMS])
_BY_ID = f"SELECT {_COLUMNS} FROM accounts_user AS person WHERE person.id = %s"  # noqa: S608 - our own columns
_BY_TOKEN = f"""
SELECT {_COLUMNS}, {", ".join(f"token.{name}" for name in _TOKEN)}
  FROM accounts_apitoken AS token JOIN accounts_user AS person ON person.id = token.user_id
 WHERE token.prefix = %s
"""  # noqa: S608 - our own columns


def find_reader(user_id: Any) -> User | None:
    """The person with this id, with ``memberships`` at hand; None when there is none."""
    row = _one_row(_BY_ID, [user_id])
    return _person(row) if row else None


def find_token(prefix: str) -> ApiToken | None:
    """The token with this public prefix, its person with ``memberships`` at hand; None when there is none."""
    row = _one_row(_BY_TOKEN, [prefix])
    if row is None:
        return None
    values = dict(zip(_TOKEN, row[len(_PERSON) + 2 :], strict=True))
    token = ApiToken.from_db(DEFAULT_DB_ALIAS, _TOKEN, [*(values | {"scopes": json.loads(values["scopes"])}).values()])
    token.user = _person(row)
    return token


def _one_row(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _person(row: Sequence[Any]) -> User:
    count = len(_PERSON)
    user = User.from_db(DEFAULT_DB_ALIAS, _PERSON, row[:count])
    user.memberships_at_hand = Memberships(team_ids=frozenset(row[count]), led_team_ids=frozenset(row[count + 1]))
    return user
