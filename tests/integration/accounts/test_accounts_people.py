"""Rights and preferences: who may change them, what ends, what is written down."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from puo_desk.accounts import events
from puo_desk.accounts.models import Membership, PersonEvent, User
from puo_desk.accounts.operations.people import (
    LastAdmin,
    add_person,
    change_preferences,
    change_role,
    deactivate_person,
    reactivate_person,
    set_memberships,
)
from puo_desk.accounts.queries.people import list_assignable_people, list_lead_ids
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.errors import InvalidInput, NotFound, NotPermitted
from tests.support.people import ADMIN, NOON, actor_of, make_person, make_team


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.REQUESTER, Role.AGENT, Role.LEAD, Role.ENGINEER])
def test_nobody_but_an_admin_changes_rights(role: Role) -> None:
    somebody, target = make_person(role=role), make_person()
    actor = actor_of(somebody)
    for refused in (
        lambda: change_role(user_id=target.pk, role=Role.ADMIN, actor=actor, now=NOON),
        lambda: deactivate_person(user_id=target.pk, actor=actor, now=NOON),
        lambda: reactivate_person(user_id=target.pk, actor=actor, now=NOON),
        lambda: set_memberships(user_id=target.pk, leads_by_team={}, actor=actor, now=NOON),
        lambda: add_person(user=User(username="new"), actor=actor, now=NOON),
    ):
        with pytest.raises(NotPermitted):
            refused()
    target.refresh_from_db()
    assert (target.role, target.is_active, target.access_epoch) == (Role.AGENT, True, 0)
    assert not PersonEvent.objects.exists() and User.objects.count() == 2


@pytest.mark.django_db
def test_a_role_change_ends_open_sessions_and_is_written_down() -> None:
    user, client = make_person(), Client()
    client.force_login(user)
    assert client.get("/profile/").status_code == 200
    changed = change_role(user_id=user.pk, role=Role.LEAD, actor=ADMIN, now=NOON)
    assert changed.access_epoch == 1
    answer = client.get("/profile/")
    assert answer.status_code == 302 and answer.url == "/account/login/?next=/profile/"
    event = PersonEvent.objects.get()
    assert (event.code, event.user_id, event.changes) == (events.ROLE_CHANGED, user.pk, {"role": ["agent", "lead"]})
    change_role(user_id=user.pk, role=Role.LEAD, actor=ADMIN, now=NOON)
    assert PersonEvent.objects.count() == 1


@pytest.mark.django_db
def test_deactivation_ends_sessions_and_does_not_come_back_with_reactivation() -> None:
    user, client = make_person(), Client()
    client.force_login(user)
    deactivate_person(user_id=user.pk, actor=ADMIN, now=NOON)
    assert client.get("/profile/").status_code == 302
    reactivate_person(user_id=user.pk, actor=ADMIN, now=NOON)
    assert client.get("/profile/").status_code == 302
    codes = list(PersonEvent.objects.order_by("id").values_list("code", flat=True))
    assert codes == [events.DEACTIVATED, events.REACTIVATED]


@pytest.mark.django_db
def test_the_last_admin_stays() -> None:
    only = make_person(role=Role.ADMIN)
    make_person(role=Role.ADMIN, is_active=False)
    with pytest.raises(LastAdmin):
        change_role(user_id=only.pk, role=Role.AGENT, actor=ADMIN, now=NOON)
    with pytest.raises(LastAdmin):
        deactivate_person(user_id=only.pk, actor=ADMIN, now=NOON)
    only.refresh_from_db()
    assert only.role == Role.ADMIN and only.is_active


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_both_step_down_at_once() -> None:
    admins = [make_person(role=Role.ADMIN) for _ in range(2)]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def step_down(user_id: int) -> None:
        start.wait()
        try:
            deactivate_person(user_id=user_id, actor=ADMIN, now=NOON)
            outcomes.append("done")
        except Exception as refused:
            outcomes.append(type(refused).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=step_down, args=(admin.pk,)) for admin in admins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["LastAdmin", "done"], outcomes
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db
def test_preferences_are_ones_own_and_checked() -> None:
    user, other = make_person(full_name="A"), make_person()
    with pytest.raises(NotFound):
        change_preferences(
            user_id=user.pk, full_name="B", time_zone="UTC", language="en", actor=actor_of(other), now=NOON
        )
    with pytest.raises(InvalidInput) as refused:
        change_preferences(
            user_id=user.pk, full_name="B", time_zone="Mars/Base", language="tlh", actor=actor_of(user), now=NOON
        )
    assert sorted(refused.value.errors) == ["language", "time_zone"]
    change_preferences(
        user_id=user.pk, full_name="B", time_zone="Asia/Kathmandu", language="de", actor=actor_of(user), now=NOON
    )
    user.refresh_from_db()
    assert (user.full_name, user.time_zone, user.language) == ("B", "Asia/Kathmandu", "de")
    assert PersonEvent.objects.get().changes == {
        "full_name": ["A", "B"],
        "time_zone": ["UTC", "Asia/Kathmandu"],
        "language": ["en", "de"],
    }


@pytest.mark.django_db
def test_memberships_become_exactly_what_was_asked() -> None:
    user = make_person()
    kept, left, new = make_team("Kept", members=(user,)), make_team("Left", leads=(user,)), make_team("New")
    set_memberships(user_id=user.pk, leads_by_team={kept.pk: True, new.pk: False}, actor=ADMIN, now=NOON)
    assert dict(Membership.objects.values_list("team_id", "is_lead")) == {kept.pk: True, new.pk: False}
    assert PersonEvent.objects.get().changes == {
        "teams": [{str(kept.pk): "member", str(left.pk): "lead"}, {str(kept.pk): "lead", str(new.pk): "member"}]
    }


@pytest.mark.django_db
def test_names_and_addresses_are_unique_whatever_their_case() -> None:
    make_person("Ada", email="ada@example.org")
    for fields in ({"username": "ADA", "email": "x@example.org"}, {"username": "b", "email": "ADA@example.org"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user(**fields)
    make_person("c", email="")
    make_person("d", email="")


@pytest.mark.django_db
def test_menus_offer_active_staff_and_leads() -> None:
    agent, lead = make_person("zoe"), make_person("amy", role=Role.LEAD)
    gone, service = make_person("gone", is_active=False), make_person("bot", is_service=True)
    requester = make_person("req", role=Role.REQUESTER)
    team = make_team("T", members=(agent, gone, service, requester), leads=(lead,))
    assert [choice.username for choice in list_assignable_people(team_id=team.pk)] == ["amy", "zoe"]
    assert list_lead_ids(team.pk) == [lead.pk]
    assert list_lead_ids(None) == []
