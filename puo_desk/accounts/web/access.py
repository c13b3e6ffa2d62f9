"""How a page says who may open it.

Every view of the desk declares one permission code or ``PUBLIC``; a test walks all routes and fails on
silence, so that a forgotten declaration can never become an open door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.views.generic import RedirectView
from django_htmx.http import HttpResponseClientRedirect

from puo_desk.accounts.models import User
from puo_desk.accounts.policies import PUBLIC, STAFF, require
from puo_desk.kernel.actor import Actor

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponseBase)
Declaration = str | Mapping[str, str]


class ReaderRequest(HttpRequest):
    """A request that has passed ``page``: somebody is signed in and may do the declared act."""

    actor: Actor
    user: User
    request_id: str


def page(
    code: str,
) -> Callable[
    [Callable[Concatenate[Any, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Open a view to those who may do ``code``: strangers go to the sign-in page, others get 403.

    ``@page(PUBLIC)`` opens it to everybody; ``request.actor`` may then be None.
    """

    def declare(
        view: Callable[Concatenate[Any, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if code != PUBLIC:
                actor = actor_of(request)
                if actor is None:
                    return ask_to_sign_in(request)
                require(actor, code)
            return view(request, *args, **kwargs)

        guarded.desk_permission = code  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", guarded)

    return declare


def actor_of(request: HttpRequest) -> Actor | None:
    """Who makes the request; None for a stranger."""
    return cast("Actor | None", getattr(request, "actor", None))


def shell_for(actor: Actor) -> str:
    """The template that pages for everybody extend: the desk's shell for staff, the portal's for requesters."""
    return "app.html" if actor.role in STAFF else "portal.html"


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a stranger to the sign-in page, and afterwards back to the page asked for, never to a fragment."""
    if request.headers.get("HX-Request") == "true":
        shown = getattr(request, "htmx", None)
        back = getattr(shown, "current_url_abs_path", None) or "/"
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    if request.method not in {"GET", "HEAD"}:
        return redirect_to_login(resolve_url("/"))
    return redirect_to_login(request.get_full_path())


_GUARDED_BY_THEIR_LIBRARY: Mapping[str, str] = {
    "allauth.": PUBLIC,
    "drf_spectacular.": PUBLIC,
    "django.contrib.admin.": "settings.manage",
    "django.contrib.contenttypes.": "settings.manage",
}
"""Routes of libraries that guard their own pages, with what their guard amounts to."""


def declared_permission(callback: Callable[..., Any]) -> Declaration | None:
    """What a route's view declares, for the test that walks all routes; None is silence, a fault.

    Understands views under ``page``, class views with ``desk_permission``, API views with
    ``required_act``, plain redirects, and the libraries that guard their own pages.
    """
    for holder in (callback, getattr(callback, "cls", None), getattr(callback, "view_class", None)):
        for name in ("desk_permission", "required_act"):
            declared = getattr(holder, name, None)
            if declared is not None:
                return cast(Declaration, declared)
    if getattr(callback, "view_class", None) is RedirectView:
        return PUBLIC
    module = getattr(getattr(callback, "view_class", callback), "__module__", "")
    return next((act for start, act in _GUARDED_BY_THEIR_LIBRARY.items() if module.startswith(start)), None)
