"""API tokens: hashed, scoped, expiring, revocable, shown once, cheap."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from puo_desk.accounts import events
from puo_desk.accounts.models import ApiToken, PersonEvent, User
from puo_desk.accounts.operations.people import change_role, deactivate_person
from puo_desk.accounts.operations.tokens import create_token, hash_secret, revoke_token
from puo_desk.accounts.vocabulary import Role, Scope
from puo_desk.kernel.errors import InvalidInput, NotFound, NotPermitted
from tests.support.people import ADMIN, NOON, actor_of, make_person, make_team

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def bearer(text: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


def make_token(
    user: User, *, scopes: tuple[str, ...] = (Scope.TICKETS_READ,), **kwargs: object
) -> tuple[ApiToken, str]:
    kwargs.setdefault("now", timezone.now())
    return create_token(user=user, name="test", scopes=scopes, actor=ADMIN, **kwargs)  # type: ignore[arg-type]


def test_only_the_hash_is_kept() -> None:
    token, text = make_token(make_person())
    brand, prefix, secret = text.split("_", 2)
    assert brand == "puo"
    assert prefix == token.prefix
    assert len(secret) >= 43
    assert token.secret_hash == hash_secret(secret)
    assert secret not in str(ApiToken.objects.values().get()) + str(list(PersonEvent.objects.values()))


def test_me_tells_who_calls_and_what_the_token_may() -> None:
    lead = make_person("ada", role=Role.LEAD, full_name="Ada L", time_zone="Europe/Berlin")
    team = make_team("Consoles", leads=(lead,))
    _token, text = make_token(lead, scopes=(Scope.TICKETS_WRITE, Scope.TICKETS_READ))
    answer = Client().get(ME, **bearer(text))
    assert answer.status_code == 200
    assert answer.json() == {
        "id": lead.pk,
        "username": "ada",
        "name": "Ada L",
        "email": "ada@example.org",
        "role": "lead",
        "is_service": False,
        "time_zone": "Europe/Berlin",
        "language": "en",
        "teams": [{"id": team.pk, "name": "Consoles", "is_lead": True}],
        "scopes": ["tickets:read", "tickets:write"],
        "token_expires_at": answer.json()["token_expires_at"],
        "limits": {"calls": 1200, "seconds": 60},
    }


def test_a_call_by_token_costs_two_reads() -> None:
    user = make_person()
    make_team("A", members=(user,))
    _, text = make_token(user)
    Client().get(ME, **bearer(text))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert Client().get(ME, **bearer(text)).status_code == 200
    assert len(captured) == 2, [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: "puo_0000000000_" + text.split("_", 2)[2],
        lambda text: "ghp" + text[3:],
        lambda text: "puo_",
        lambda text: "",
        lambda text: text + "é",
        lambda text: text.replace("_", " ", 1),
    ],
)
def test_anything_but_the_very_text_is_401_with_a_challenge(spoil: object) -> None:
    _, text = make_token(make_person())
    answer = Client().get(ME, **bearer(spoil(text)))  # type: ignore[operator]
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="PUO Desk"'
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_no_sign_in_at_all_is_401() -> None:
    answer = Client().get(ME)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_a_token_ends_exactly_at_its_instant() -> None:
    token, _ = make_token(make_person(), now=NOON, lifetime=timedelta(hours=1))
    end = NOON + timedelta(hours=1)
    assert token.is_usable(end - timedelta(microseconds=1))
    assert not token.is_usable(end)


def test_expired_revoked_and_inactive_are_refused() -> None:
    user = make_person()
    _, expired = make_token(user, now=timezone.now() - timedelta(days=2), lifetime=timedelta(days=1))
    revoked_token, revoked = make_token(user)
    revoke_token(token_id=revoked_token.pk, actor=ADMIN, now=timezone.now())
    _, good = make_token(user)
    assert [Client().get(ME, **bearer(text)).status_code for text in (expired, revoked, good)] == [401, 401, 200]
    deactivate_person(user_id=user.pk, actor=ADMIN, now=timezone.now())
    assert Client().get(ME, **bearer(good)).status_code == 401


def test_last_use_is_written_once_a_minute() -> None:
    token, text = make_token(make_person())
    Client().get(ME, **bearer(text))
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    Client().get(ME, **bearer(text))
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    Client().get(ME, **bearer(text))
    token.refresh_from_db()
    assert token.last_used_at is not None and token.last_used_at > first


def test_a_role_change_counts_at_the_next_call() -> None:
    user = make_person()
    _, text = make_token(user)
    change_role(user_id=user.pk, role=Role.REQUESTER, actor=ADMIN, now=NOON)
    assert Client().get(ME, **bearer(text)).json()["role"] == "requester"


def test_no_token_makes_tokens() -> None:
    user = make_person()
    with pytest.raises(NotPermitted):
        create_token(
            user=user,
            name="x",
            scopes=["tickets:read"],
            now=NOON,
            actor=actor_of(user, scopes=frozenset({"tickets:read"})),
        )
    assert not ApiToken.objects.exists() and not PersonEvent.objects.exists()


def test_nobody_makes_or_ends_a_token_of_somebody_else_but_an_admin() -> None:
    user, other, admin = make_person(), make_person(), make_person(role=Role.ADMIN)
    with pytest.raises(NotPermitted):
        create_token(user=user, name="x", scopes=["tickets:read"], now=NOON, actor=actor_of(other))
    token, _ = create_token(user=user, name="x", scopes=["tickets:read"], now=NOON, actor=actor_of(admin))
    with pytest.raises(NotFound):
        revoke_token(token_id=token.pk, actor=actor_of(other), now=NOON)
    token.refresh_from_db()
    assert token.revoked_at is None
    revoke_token(token_id=token.pk, actor=actor_of(user), now=NOON)
    again = revoke_token(token_id=token.pk, actor=actor_of(user), now=NOON + timedelta(hours=1))
    assert again.revoked_at == NOON
    assert list(PersonEvent.objects.order_by("id").values_list("code", flat=True)) == [
        events.TOKEN_CREATED,
        events.TOKEN_REVOKED,
    ]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("scopes", {"scopes": ["tickets:own"]}),
        ("scopes", {"scopes": []}),
        ("name", {"name": "  "}),
        ("name", {"name": "n" * 81}),
        ("lifetime", {"lifetime": timedelta(0)}),
        ("lifetime", {"lifetime": timedelta(days=3651)}),
    ],
)
def test_wrong_input_names_its_field(field: str, wrong: dict[str, object]) -> None:
    asked = {"user": make_person(), "name": "x", "scopes": ["tickets:read"], "actor": ADMIN, "now": NOON} | wrong
    with pytest.raises(InvalidInput) as refused:
        create_token(**asked)  # type: ignore[arg-type]
    assert list(refused.value.errors) == [field]
    assert not ApiToken.objects.exists()


def test_the_command_prints_the_token_alone() -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command(
        "create_token", "importer", "--scopes", "tickets:read", "tickets:write", "--service", stdout=out, stderr=err
    )
    text = out.getvalue().strip()
    assert text.count("\n") == 0
    service = User.objects.get(username="importer")
    assert service.is_service and not service.has_usable_password() and service.role == Role.AGENT
    answer = Client().get(ME, **bearer(text))
    assert answer.json()["scopes"] == ["tickets:read", "tickets:write"]
    assert answer.json()["is_service"] is True
    with pytest.raises(CommandError, match="nobody named"):
        call_command("create_token", "unknown", stdout=out, stderr=err)
    make_person("ada")
    with pytest.raises(CommandError, match="is a person"):
        call_command("create_token", "ada", "--service", stdout=out, stderr=err)


def test_too_many_calls_are_429_with_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    from puo_desk.accounts.api.throttles import ActorThrottle

    monkeypatch.setattr(ActorThrottle, "get_rate", lambda self: "3/min")
    monkeypatch.setattr("puo_desk.accounts.api.throttles.time.time", lambda: 1_000_000_020.0)
    _, text = make_token(make_person())
    answers = [Client().get(ME, **bearer(text)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60


def test_without_the_cache_nobody_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    from puo_desk.accounts.api.throttles import ActorThrottle
    from puo_desk.kernel.redis_link import breaker

    monkeypatch.setattr(ActorThrottle, "get_rate", lambda self: "1/min")
    monkeypatch.setattr(breaker, "allows", lambda: False)
    _, text = make_token(make_person())
    assert [Client().get(ME, **bearer(text)).status_code for _ in range(3)] == [200, 200, 200]
