"""Who may, by role and by token scope; and how an API view that says nothing is closed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from puo_desk.accounts.api.permissions import required_act
from puo_desk.accounts.policies import may, permission_table, require
from puo_desk.kernel.actor import PERSON, Actor
from puo_desk.kernel.errors import NotPermitted


def somebody(role: str, scopes: frozenset[str] | None = None) -> Actor:
    return Actor(kind=PERSON, label="x", user_id=1, role=role, scopes=scopes)


READS = frozenset({"tickets:read"})
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("act", "actor", "expected"),
    [
        ("settings.manage", somebody("admin"), True),
        ("settings.manage", somebody("lead"), False),
        ("settings.manage", somebody("admin", READS), False),
        ("settings.manage", Actor.system("test"), True),
        ("profile.edit", somebody("requester"), True),
        ("profile.edit", somebody("requester", READS), False),
        ("profile.view", somebody("requester", NONE), True),
        ("people.list", somebody("agent", READS), True),
        ("people.list", somebody("agent", NONE), False),
        ("people.list", somebody("requester", READS), False),
        ("notification.read", somebody("requester"), True),
        ("notification.read", somebody("admin", READS), False),
        ("settings.manage", somebody(""), False),
    ],
)
def test_role_and_scope_must_both_allow(act: str, actor: Actor, expected: bool) -> None:
    assert may(actor, act) is expected
    if not expected:
        with pytest.raises(NotPermitted):
            require(actor, act)


def test_every_act_is_a_noun_and_a_verb() -> None:
    assert all(code.count(".") == 1 for code in permission_table())


@pytest.mark.parametrize(
    ("declared", "method", "action", "expected"),
    [
        (None, "GET", None, None),
        ("ticket.view", "DELETE", None, "ticket.view"),
        ({"GET": "ticket.view"}, "GET", None, "ticket.view"),
        ({"GET": "ticket.view"}, "HEAD", None, "ticket.view"),
        ({"GET": "ticket.view"}, "OPTIONS", None, "ticket.view"),
        ({"GET": "ticket.view"}, "POST", None, None),
        ({"GET": "ticket.view", "reply": "ticket.reply"}, "POST", "reply", "ticket.reply"),
        ({}, "OPTIONS", None, None),
    ],
)
def test_what_is_not_declared_is_closed(
    declared: object, method: str, action: str | None, expected: str | None
) -> None:
    assert required_act(SimpleNamespace(required_act=declared, action=action), method) == expected
