"""Changing people's rights and preferences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts import events
from puo_desk.accounts.models import ApiToken, Membership, User
from puo_desk.accounts.policies import require
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound


class LastAdmin(DomainError):
    """The desk would be left with nobody who may change its settings."""

    code = "last_admin"
    http_status = 409
    message = _("This is the only active admin. Make somebody else an admin first.")


def _locked(user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def _locked_among_admins(user_id: int) -> tuple[User, bool]:
    """The locked person, and whether the desk would have no admin without the person.

    Takes the person and all admins in one order, so that two of them cannot step down at once.
    """
    admins = Q(role=Role.ADMIN, is_active=True, is_service=False)
    people = User.objects.select_for_update().filter(admins | Q(pk=user_id)).order_by("pk")
    locked = {person.pk: person for person in people}
    if user_id not in locked:
        raise NotFound
    user = locked.pop(user_id)
    is_admin = user.role == Role.ADMIN and user.is_active and not user.is_service
    return user, is_admin and not locked


@transaction.atomic
def add_person(*, user: User, actor: Actor, now: datetime) -> User:
    """Keep a new account, made ready (name, role, password or none) but not yet saved.

    Emits: person.added. Raises: NotPermitted, InvalidInput.
    """
    require(actor, "settings.manage")
    user.username = User.normalize_username(user.username)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as refused:
        raise InvalidInput(refused.message_dict) from refused
    user.save(force_insert=True)
    changes = {"username": user.username, "role": user.role, "is_service": user.is_service}
    events.record(events.ADDED, user_id=user.pk, actor=actor, now=now, changes=changes)
    return user


@transaction.atomic
def change_role(*, user_id: int, role: Role, actor: Actor, now: datetime) -> User:
    """Give a person another role. Open sessions end at their next request; the same role changes nothing.

    Emits: person.role_changed. Raises: NotPermitted, NotFound, LastAdmin.
    """
    require(actor, "settings.manage")
    user, is_last_admin = _locked_among_admins(user_id)
    if user.role == role:
        return user
    if is_last_admin:
        raise LastAdmin
    changes = {"role": [user.role, role.value]}
    user.role = role
    user.access_epoch += 1
    user.save(update_fields=["role", "access_epoch"])
    events.record(events.ROLE_CHANGED, user_id=user.pk, actor=actor, now=now, changes=changes)
    return user


@transaction.atomic
def deactivate_person(*, user_id: int, actor: Actor, now: datetime) -> User:
    """Take away a person's access: sessions end at their next request, tokens at once.

    Emits: person.deactivated. Raises: NotPermitted, NotFound, LastAdmin.
    """
    require(actor, "settings.manage")
    user, is_last_admin = _locked_among_admins(user_id)
    if not user.is_active:
        return user
    if is_last_admin:
        raise LastAdmin
    user.is_active = False
    user.access_epoch += 1
    user.save(update_fields=["is_active", "access_epoch"])
    revoked = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    events.record(events.DEACTIVATED, user_id=user.pk, actor=actor, now=now, changes={"tokens_revoked": revoked})
    return user


@transaction.atomic
def make_service_account(*, user_id: int, actor: Actor, now: datetime) -> User:
    """Let an account act by tokens alone from now on: its sessions end at their next request.

    Emits: person.made_service. Raises: NotPermitted, NotFound, LastAdmin.
    """
    require(actor, "settings.manage")
    user, is_last_admin = _locked_among_admins(user_id)
    if user.is_service:
        return user
    if is_last_admin:
        raise LastAdmin
    user.is_service = True
    user.access_epoch += 1
    user.save(update_fields=["is_service", "access_epoch"])
    events.record(events.MADE_SERVICE, user_id=user.pk, actor=actor, now=now, changes={})
    return user


@transaction.atomic
def reactivate_person(*, user_id: int, actor: Actor, now: datetime) -> User:
    """Give access back. Revoked tokens stay revoked.

    Emits: person.reactivated. Raises: NotPermitted, NotFound.
    """
    require(actor, "settings.manage")
    user = _locked(user_id)
    if user.is_active:
        return user
    user.is_active = True
    user.access_epoch += 1
    user.save(update_fields=["is_active", "access_epoch"])
    events.record(events.REACTIVATED, user_id=user.pk, actor=actor, now=now, changes={})
    return user


@transaction.atomic
def set_memberships(*, user_id: int, leads_by_team: Mapping[int, bool], actor: Actor, now: datetime) -> User:
    """Put a person into exactly these teams; the value says whether the person leads the team.

    Emits: person.teams_changed. Raises: NotPermitted, NotFound.
    """
    require(actor, "settings.manage")
    user = _locked(user_id)
    before = dict(Membership.objects.filter(user=user).values_list("team_id", "is_lead"))
    if before == dict(leads_by_team):
        return user
    Membership.objects.filter(user=user).exclude(team_id__in=leads_by_team).delete()
    Membership.objects.bulk_create(
        [Membership(user=user, team_id=team_id, is_lead=leads) for team_id, leads in leads_by_team.items()],
        update_conflicts=True,
        unique_fields=["user", "team"],
        update_fields=["is_lead"],
    )
    changes = {"teams": [_teams(before), _teams(leads_by_team)]}
    events.record(events.TEAMS_CHANGED, user_id=user.pk, actor=actor, now=now, changes=changes)
    return user


def _teams(leads_by_team: Mapping[int, bool]) -> dict[str, str]:
    return {str(team_id): "lead" if leads else "member" for team_id, leads in sorted(leads_by_team.items())}


PREFERENCES = ("full_name", "time_zone", "language")


@transaction.atomic
def change_preferences(
    *, user_id: int, full_name: str, time_zone: str, language: str, actor: Actor, now: datetime
) -> User:
    """Change how the desk names a person and shows time and words to the person.

    Emits: person.preferences_changed. Raises: NotFound for anybody but the person; InvalidInput.
    """
    require(actor, "profile.edit")
    if actor.user_id != user_id:
        raise NotFound
    user = _locked(user_id)
    wanted = {"full_name": full_name, "time_zone": time_zone, "language": language}
    changes = {name: [getattr(user, name), value] for name, value in wanted.items() if getattr(user, name) != value}
    if not changes:
        return user
    for name, value in wanted.items():
        setattr(user, name, value)
    try:
        user.clean_fields(exclude={field.name for field in User._meta.fields} - set(PREFERENCES))
    except ValidationError as refused:
        raise InvalidInput(refused.message_dict) from refused
    user.save(update_fields=PREFERENCES)
    events.record(events.PREFERENCES_CHANGED, user_id=user.pk, actor=actor, now=now, changes=changes)
    return user
