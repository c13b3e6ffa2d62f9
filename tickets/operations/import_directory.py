"""The people, teams and categories that imported histories speak of.

What the desk has by that name is taken; what it lacks is made, once, and inactive: such a person can
neither sign in nor be written to, such a team takes no new tickets, such a category is not offered. Their
names are shown, and an admin may make them active. What was made carries the source's name in its user
name or short name, so it is found again after somebody gave it a better name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from puo_desk.accounts.events import ADDED
from puo_desk.accounts.models import PersonEvent, Team, User
from puo_desk.accounts.rules.names import cleaned_name
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from tickets.imports.history import CategoryPath, Directory, StatusFacts, TicketHistory
from tickets.models import Category, Status

_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*")
_LONGEST_SOURCE, _LONGEST_NAME = 20, 30


def import_code(source: str, name: str, *, separator: str = "-") -> str:
    """The short name of something that ``source`` calls ``name``: two names never share one.

    A name that reads the same back ("Group 56") keeps its words; any other gets a few digits of its digest.
    """
    words = slugify(name)[:_LONGEST_NAME].strip("-_")
    is_plain = _PLAIN_NAME.fullmatch(name) and name == name.title() and len(name) <= _LONGEST_NAME
    if not is_plain:
        digest = hashlib.sha256(name.encode()).hexdigest()[:10]
        words = f"{words}-{digest}" if words else digest
    return f"{slugify(source)[:_LONGEST_SOURCE].strip('-_') or 'import'}{separator}{words}"


def known_statuses() -> dict[str, StatusFacts]:
    """Every status of the desk by its code, inactive ones too: a history may have been in it."""
    rows = Status.objects.order_by("position", "id").values_list("id", "code", "category", "waiting_on")
    return {code: StatusFacts(pk, code, category, waiting_on) for pk, code, category, waiting_on in rows}


def directory_for(
    histories: Sequence[TicketHistory],
    *,
    source: str,
    statuses: Mapping[str, StatusFacts],
    actor: Actor,
    now: datetime,
) -> Directory:
    """The desk's ids for all names in these histories. Runs in the transaction that writes them.

    Emits: person.added for each person made.
    """
    assignees = {name for history in histories for name in history.assignee_names()}
    requesters = {history.requester for history in histories}
    teams = {name for history in histories for name in history.team_names()}
    paths = {path for history in histories for path in history.category_paths()}
    return Directory(
        people=_people(requesters | assignees, assignees, source, actor, now),
        teams=_teams(teams, source),
        categories=_categories(paths, source),
        statuses=statuses,
    )


def _people(names: set[str], assignees: set[str], source: str, actor: Actor, now: datetime) -> dict[str, int]:
    """By user name or mail address where the file has those, else by the user name an earlier import gave."""
    codes = {name: import_code(source, name, separator=".") for name in names}
    wanted = {name.lower() for name in names} | {code.lower() for code in codes.values()}
    addresses = {name.lower() for name in names if "@" in name}
    rows = (
        User.objects.alias(lower_name=Lower("username"), lower_email=Lower("email"))
        .filter(Q(lower_name__in=wanted) | Q(lower_email__in=addresses) & ~Q(email=""))
        .values_list("id", "username", "email")
    )
    known: dict[str, int] = {}
    for pk, username, email in rows:
        known[username.lower()] = pk
        if email:
            known[email.lower()] = pk
    found = {name: match for name in names if (match := known.get(name.lower()) or known.get(codes[name].lower()))}
    missing = sorted(names - found.keys())
    roles = {name: Role.AGENT if name in assignees else Role.REQUESTER for name in missing}
    people = User.objects.bulk_create(
        User(
            username=codes[name],
            full_name=cleaned_name(name),
            role=roles[name],
            is_active=False,
            password=make_password(None),
        )
        for name in missing
    )
    PersonEvent.objects.bulk_create(
        PersonEvent(
            user=person,
            code=ADDED,
            actor_id=actor.user_id,
            actor_label=actor.label,
            source=actor.source,
            occurred_at=now,
            request_id=actor.request_id,
            changes={"username": person.username, "role": person.role, "is_active": False},
        )
        for person in people
    )
    return found | {name: person.pk for name, person in zip(missing, people, strict=True)}


def _teams(names: set[str], source: str) -> dict[str, int]:
    codes = {name: import_code(source, name) for name in names}
    rows = Team.objects.filter(Q(slug__in=codes.values()) | Q(name__in=names)).values_list("id", "slug", "name")
    by_slug = {slug: pk for pk, slug, _name in rows}
    by_name = {name: pk for pk, _slug, name in rows}
    found = {name: pk for name in names if (pk := by_slug.get(codes[name]) or by_name.get(name))}
    made = Team.objects.bulk_create(
        Team(name=name, slug=codes[name], description=f"Imported from {source}", is_active=False)
        for name in sorted(names - found.keys())
    )
    return found | {team.name: team.pk for team in made}


def _categories(paths: set[CategoryPath], source: str) -> dict[CategoryPath, int]:
    roots = _one_level({path[:1]: None for path in paths}, source)
    children = _one_level({path: roots[path[:1]] for path in paths if len(path) > 1}, source)
    return roots | children


def _one_level(parents: Mapping[CategoryPath, int | None], source: str) -> dict[CategoryPath, int]:
    """The categories at the ends of these paths, whose parents are known."""
    codes = {path: import_code(source, " / ".join(path)) for path in parents}
    rows = _categories_like(codes.values(), parents)
    by_slug = {slug: pk for pk, slug, _parent, _name in rows}
    by_place = {(parent, name): pk for pk, _slug, parent, name in rows}
    found = {
        path: pk
        for path, parent in parents.items()
        if (pk := by_slug.get(codes[path]) or by_place.get((parent, path[-1])))
    }
    made = Category.objects.bulk_create(
        Category(
            parent_id=parents[path],
            name=path[-1],
            slug=codes[path],
            description=f"Imported from {source}"[:200],
            is_active=False,
        )
        for path in sorted(parents.keys() - found.keys())
    )
    by_code = {category.slug: category.pk for category in made}
    return found | {path: by_code[code] for path, code in codes.items() if path not in found}


def _categories_like(
    codes: Iterable[str], parents: Mapping[CategoryPath, int | None]
) -> list[tuple[int, str, int | None, str]]:
    names = {path[-1] for path in parents}
    ids = {parent for parent in parents.values() if parent is not None}
    place = Q(name__in=names) & (Q(parent_id__in=ids) if ids else Q(parent=None))
    rows = Category.objects.filter(Q(slug__in=list(codes)) | place)
    return list(rows.values_list("id", "slug", "parent_id", "name"))
