"""How a refusal is shown: a page to people, a problem document to programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import DatabaseError, DataError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import get_template
from django.utils.translation import gettext as _
from rest_framework.response import Response

from puo_desk.kernel.errors import NotFound
from puo_desk.kernel.http.problems import CONTENT_TYPE, Problem, problem_of
from puo_desk.kernel.pages.markup import fill

log = structlog.get_logger(__name__)

API_PREFIX = "/api/"


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """What DRF calls for every exception of a view: the problem document, or None for a fault of ours."""
    problem = problem_of(exc)
    if problem is None:
        return None
    _note(problem, exc)
    request = context.get("request")
    return Response(
        problem.document(getattr(request, "_request", request)),
        status=problem.status,
        headers=dict(problem.headers),
        content_type=CONTENT_TYPE,
    )


def answer_problem(request: HttpRequest, problem: Problem) -> HttpResponseBase:
    """The refusal as the caller reads it: a page for people, a problem document for programs.

    A script on a page is a program too: htmx asks for fragments, and puts a refusal's sentence above the
    page.
    """
    if speaks_api(request) or request.headers.get("HX-Request") == "true":
        return JsonResponse(
            problem.document(request),
            status=problem.status,
            headers=dict(problem.headers),
            content_type=CONTENT_TYPE,
            json_dumps_params={"ensure_ascii": False},
        )
    return _page(request, problem)


def answer_exception(request: HttpRequest, exc: Exception) -> HttpResponseBase | None:
    """The answer to an exception that is a refusal; None for a fault of ours."""
    problem = problem_of(exc)
    if problem is None:
        return None
    _note(problem, exc)
    return answer_problem(request, problem)


def speaks_api(request: HttpRequest) -> bool:
    """Whether the request came to the API, whose callers are programs."""
    return request.path_info.startswith(API_PREFIX)


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    problem = problem_of(exception) if exception else None
    return answer_problem(request, problem or Problem(400, "invalid_input", _("The request cannot be understood.")))


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    problem = problem_of(exception) if exception else None
    return answer_problem(request, problem or Problem(403, "not_permitted", _("You may not do this.")))


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    return answer_problem(request, Problem(404, "not_found", str(NotFound.message)))


def handler500(request: HttpRequest) -> HttpResponseBase:
    """A fault of ours; or a database that is away when who asks is looked up, before any view."""
    fault = sys.exc_info()[1]
    problem = problem_of(fault) if isinstance(fault, DatabaseError | InterfaceError) else None
    return answer_problem(
        request,
        problem or Problem(500, "failed", _("Something went wrong on our side. Nothing was changed by this request.")),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """For ``CSRF_FAILURE_VIEW``: the page was open too long, or another site sent the form."""
    return answer_problem(
        request,
        Problem(403, "csrf_failed", _("This page is no longer current. Load it again and send once more.")),
    )


def _note(problem: Problem, exc: Exception) -> None:
    if problem.status >= 500:
        log.error("request_failed", code=problem.code, exc_info=exc)
    elif isinstance(exc, DataError | ValueError):
        log.warning("value_refused_late", error=type(exc).__name__)


_OWN_PAGES = {404: "404.html", 413: "413.html", 429: "429.html", 500: "500.html"}
"""Refusals that say the same each time; all others say what ``errors/refused.html`` is told."""


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The refusal as a page. It must appear when nothing else does: no context processor, no database."""
    template = (
        "403_csrf.html" if problem.code == "csrf_failed" else _OWN_PAGES.get(problem.status, "errors/refused.html")
    )
    try:
        markup = get_template(template).render({"problem": problem, "request": request})
    except Exception:
        log.exception("error_page_failed")
        markup = _bare_page(problem)
    return HttpResponse(markup, status=problem.status, headers=dict(problem.headers))


def _bare_page(problem: Problem) -> str:
    return fill(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>{}</title><h1>{}</h1><p>{}</p>'
        '<p><a href="/">PUO Desk</a></p></html>',
        problem.title,
        problem.title,
        problem.detail,
    )
