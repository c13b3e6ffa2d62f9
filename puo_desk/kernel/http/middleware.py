"""What every request passes: a name, a line in the log, caps, and one way of being refused."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import structlog
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect, QueryDict
from django.middleware.common import CommonMiddleware
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

from puo_desk.kernel.actor import new_request_id
from puo_desk.kernel.http.answers import answer_exception, answer_problem, speaks_api
from puo_desk.kernel.http.problems import Problem, too_large, unclean_text
from puo_desk.kernel.http.uploads import body_cap
from puo_desk.kernel.text import has_forbidden_characters, normalise_text

GetResponse = Callable[[HttpRequest], HttpResponseBase]
access_log = structlog.get_logger("puo_desk.access")

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = ("/livez", "/readyz", "/metrics", "/static/")


class RequestContextMiddleware:
    """Names the request, binds the name to its log lines, and writes one line about how it ended.

    ``X-Request-ID`` is taken over from the caller when it looks like one and is always sent back. The line
    holds the route, not the path: a path may hold a name or a key.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        asked = request.headers.get("X-Request-ID", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        request.received_ms = time.time_ns() // 1_000_000  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            self._note(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            structlog.contextvars.clear_contextvars()

    def _note(self, request: HttpRequest, status: int, seconds: float) -> None:
        write = access_log.debug if request.path_info.startswith(_QUIET) and status < 400 else access_log.info
        route = request.resolver_match.route if request.resolver_match else ""
        actor = getattr(request, "actor", None)
        write(
            "request",
            method=request.method,
            route=f"/{route}" if request.resolver_match else "none",
            status=status,
            ms=round(seconds * 1000, 1),
            user_id=getattr(actor, "user_id", None),
        )


class InputCapsMiddleware:
    """Refuses before parsing what is too large or holds characters that no text has.

    Path, query and cookies with NUL or control characters are 400, a body over the caps is 413, a body
    of unknown length 411. What people type into forms is normalised instead: they cannot see such characters.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        problem = _size_problem(request) or _text_problem(request)
        return answer_problem(request, problem) if problem else self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if request.method == "POST" and not speaks_api(request) and "form" in (request.content_type or ""):
            try:
                normalise_form(request)
            except Exception as exc:
                answer = answer_exception(request, exc)
                if answer is None:
                    raise
                return answer
        return None


def normalise_form(request: HttpRequest) -> None:
    """Put every posted text through the normaliser; secrets stay as they were typed."""
    posted = request.POST
    if all(value.isprintable() and value.isascii() for _name, values in posted.lists() for value in values):
        return
    clean = QueryDict(mutable=True, encoding=posted.encoding)
    for name, values in posted.lists():
        keep = "password" in name
        clean.setlist(name, [value if keep else normalise_text(str(value)) for value in values])
    clean._mutable = False
    request.POST = clean  # type: ignore[assignment]


def _size_problem(request: HttpRequest) -> Problem | None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length:
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            return Problem(411, "length_required", _("Say how long the body is with Content-Length."))
        return None
    if not (length.isascii() and length.isdigit()):
        return Problem(400, "invalid_input", _("Content-Length is not a number."))
    return too_large() if len(length) > 15 or int(length) > body_cap(request.content_type or "") else None


def _text_problem(request: HttpRequest) -> Problem | None:
    unclean = (
        has_forbidden_characters(request.path_info, lines=False)
        or has_forbidden_characters(unquote_plus(request.META.get("QUERY_STRING", "")))
        or any(has_forbidden_characters(value, lines=False) for value in request.COOKIES.values())
    )
    return unclean_text() if unclean else None


class AddressMiddleware(CommonMiddleware):
    """Leads from an address without its last slash to the one with it, method and body kept: a request that asks for
    something new must not become one that lists what there is."""

    class response_redirect_class(HttpResponsePermanentRedirect):  # noqa: N801  Django's name
        def __init__(self, to: str) -> None:
            super().__init__(to, preserve_request=True)

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        # Without Django's refusal while developing: what it warns of, a lost body, does not happen here.
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))


class DomainErrorMiddleware:
    """Turns the refusals that views raise into answers, for pages, fragments and the API alike."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return answer_exception(request, exception)
