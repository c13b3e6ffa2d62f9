"""Who calls the API: a program with a token, or the browser of somebody who is signed in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from puo_desk.accounts.models import ApiToken, User
from puo_desk.accounts.operations.tokens import hash_secret
from puo_desk.accounts.queries.people import actor_for
from puo_desk.accounts.queries.readers import find_token
from puo_desk.accounts.vocabulary import TOKEN_PREFIX

USED_EVERY = timedelta(minutes=1)
"""How exact ``last_used_at`` is: a busy program writes its row once a minute, not on every call."""


class BearerAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer puo_<prefix>_<secret>``. One read, and a write at most once a minute."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        now = timezone.now()
        token = _find_token(text.strip(), now=now)
        if token is None:
            raise AuthenticationFailed(
                _("This token is not valid: unknown, expired, revoked, or its account is inactive.")
            )
        _note_use(token, now=now)
        request._request.actor = actor_for(  # type: ignore[attr-defined]
            token.user,
            source="api",
            scopes=frozenset(token.scopes),
            request_id=getattr(request._request, "request_id", None),
        )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{self.keyword} realm="PUO Desk"'


def _find_token(text: str, *, now: datetime) -> ApiToken | None:
    brand, _first, rest = text.partition("_")
    prefix, _second, secret = rest.partition("_")
    if brand != TOKEN_PREFIX or not prefix or not secret or not text.isascii() or "\0" in text:
        return None
    token = find_token(prefix)
    known = token.secret_hash if token else hash_secret("")
    genuine = secrets.compare_digest(known, hash_secret(secret))
    if token is None or not genuine or not token.is_usable(now) or not token.user.is_active:
        return None
    return token


def _note_use(token: ApiToken, *, now: datetime) -> None:
    if token.last_used_at is not None and now - token.last_used_at < USED_EVERY:
        return
    unused_lately = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiToken.objects.filter(unused_lately, pk=token.pk).update(last_used_at=now)


class SessionAuthentication(authentication.SessionAuthentication):
    """The signed-in browser, with a CSRF token for everything that writes."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        actor = getattr(request._request, "actor", None)
        if found is None or actor is None:
            return None
        request._request.actor = replace(actor, source="api")  # type: ignore[attr-defined]
        return found


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "puo_<prefix>_<secret>",
            "description": "An API token, made on the profile page or with `manage.py create_token`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = SessionAuthentication
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
