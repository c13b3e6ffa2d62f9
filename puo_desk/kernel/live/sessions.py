"""Who listens, found by the session cookie, and whether the person still may.

Runs on a small thread pool beside the event loop and gives its database connection back each time.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.functions import Now

from puo_desk.kernel.live.topics import allowed_topics, rights_by_user


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody signed in, as far as a stream must know to be ended in time."""

    user_id: Any
    session_key: str
    session_hash: str
    rights: Hashable = ()


def find_listener(session_key: str, topics: Sequence[str]) -> tuple[Listener | None, list[str]]:
    """The listener behind a session cookie and the topics he may hear; None for a stranger."""
    try:
        session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
        user_id, session_hash = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY, "")
        user = get_user_model()._default_manager.filter(pk=user_id, is_active=True).first() if user_id else None
        if user is None or not _same(user, session_hash):
            return None, []
        # Before the topics: rights that change between the two end the stream at the next look.
        rights = rights_by_user([user.pk])[user.pk]
        return Listener(user.pk, session_key, session_hash, rights), allowed_topics(user, topics)
    finally:
        connection.close()


def still_welcome(listeners: Collection[Listener]) -> set[Listener]:
    """Those whose session is open and whose rights have not changed. A few queries for all of them."""
    try:
        keys = {listener.session_key for listener in listeners}
        ids = {listener.user_id for listener in listeners}
        sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=Now())
        open_keys = set(sessions.values_list("session_key", flat=True))
        users = get_user_model()._default_manager.filter(is_active=True).in_bulk(list(ids))
        rights = rights_by_user(ids)
        return {
            listener
            for listener in listeners
            if listener.session_key in open_keys
            and listener.user_id in users
            and _same(users[listener.user_id], listener.session_hash)
            and listener.rights == rights[listener.user_id]
        }
    finally:
        connection.close()


def _same(user: Any, session_hash: str) -> bool:
    genuine = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(hmac.compare_digest(session_hash, mine) for mine in genuine)
