"""Gives every request its reader: who looks, in which zone and language."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from puo_desk.accounts.queries.people import actor_for
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.words import text_language


class ReaderMiddleware:
    """Sets ``request.actor`` (None for a stranger) and shows times and words the reader's way.

    Costs no query beyond the session and the person, who is read with the teams. A request without a session
    cookie costs none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        actor: Actor | None = None
        user = request.user
        if user.is_authenticated:
            actor = actor_for(user, source="web", request_id=getattr(request, "request_id", None))
            language, zone = user.language, user.time_zone
        else:
            language, zone = translation.get_language_from_request(request), settings.DESK_TIME_ZONE
        request.actor = actor  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(_zone(zone)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", text_language())
        if actor is not None:
            # What one person read is not for whoever sits down next, or for a proxy, to bring back.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _zone(name: str) -> zoneinfo.ZoneInfo:
    """A zone that the machine's time zone table has dropped is shown as UTC rather than as an error."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
