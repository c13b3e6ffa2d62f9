"""Refusals and faults as ``application/problem+json`` (RFC 9457) for programs, as pages for people.

One table of what an exception means; the API's exception handler, the middleware and Django's own error
views all read it (``answers``), so that no way in tells another story.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core import exceptions as django_errors
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from rest_framework import exceptions as api_errors

from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound

CONTENT_TYPE = "application/problem+json"
CODE_PREFIX = "urn:puo-desk:problem:"
_TRY_AGAIN_AFTER = 2
"""Seconds named when the database is away or two writes collided: long enough for a reconnect."""

_CODES = {
    400: "invalid_input",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    411: "length_required",
    413: "too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "throttled",
    500: "failed",
    503: "unavailable",
}


class PayloadTooLarge(django_errors.SuspiciousOperation):
    """More was sent than is taken: the caps stand before any parsing."""


class UploadTooLarge(PayloadTooLarge):
    """One file is larger than a file may be."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field: its dotted path ("" for the whole), a code, a sentence."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal, before anybody has decided how to show it."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldFault, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def document(self, request: HttpRequest | None = None) -> dict[str, Any]:
        """The members of the problem document; ``request_id`` finds the log line."""
        members: dict[str, Any] = {
            "type": CODE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if request_id := getattr(request, "request_id", ""):
            members["request_id"] = request_id
        if self.errors:
            members["errors"] = [{"field": e.field, "code": e.code, "detail": e.detail} for e in self.errors]
        if self.facts:
            members["facts"] = {name: _plain(value) for name, value in self.facts.items()}
        return members


def problem_of(exc: Exception) -> Problem | None:
    """What an exception means to a caller; None for a fault of ours."""
    match exc:
        case DomainError():
            return _of_domain(exc)
        case api_errors.APIException():
            return _of_api(exc)
        case Http404():
            return Problem(404, "not_found", str(NotFound.message))
        case django_errors.PermissionDenied():
            return Problem(403, "not_permitted", _("You may not do this."))
        case django_errors.ValidationError():
            return _of_validation(exc)
        case (
            PayloadTooLarge()
            | django_errors.RequestDataTooBig()
            | django_errors.TooManyFilesSent()
            | django_errors.TooManyFieldsSent()
        ):
            return too_large()
        case django_errors.SuspiciousOperation() | django_errors.BadRequest():
            return Problem(400, "invalid_input", _("The request cannot be understood."))
        case DataError():
            return Problem(400, "invalid_input", _("A value is outside what can be kept."))
        case ValueError() if "NUL" in str(exc):
            return unclean_text()
        case OperationalError() | InterfaceError():
            return Problem(
                503,
                "unavailable",
                _("The desk cannot do this at the moment. Nothing was changed. Try again."),
                headers={"Retry-After": str(_TRY_AGAIN_AFTER)},
            )
    return None


def too_large() -> Problem:
    """The answer to a body, a file or a number of files over the caps."""
    return Problem(
        413,
        "too_large",
        _("Too much was sent at once: 1 MB without files; 25 files of 10 MB each with them."),
    )


def unclean_text() -> Problem:
    """The answer to NUL, control characters and lone surrogates where none belong."""
    return Problem(400, "unclean_text", _("The request holds characters that text cannot have."))


def _of_domain(exc: DomainError) -> Problem:
    errors: tuple[FieldFault, ...] = ()
    if isinstance(exc, InvalidInput):
        errors = tuple(FieldFault(name, "invalid", line) for name, lines in exc.errors.items() for line in lines)
    facts = dict(exc.facts)
    headers = {"Retry-After": str(facts.pop("retry_after"))} if "retry_after" in facts else {}
    return Problem(exc.http_status, exc.code, str(exc.message), errors, facts, headers)


def _of_validation(exc: django_errors.ValidationError) -> Problem:
    by_field = exc.message_dict if hasattr(exc, "error_dict") else {"": exc.messages}
    errors = tuple(
        FieldFault("" if name == django_errors.NON_FIELD_ERRORS else name, "invalid", line)
        for name, lines in by_field.items()
        for line in lines
    )
    return Problem(400, "invalid_input", str(InvalidInput.message), errors)


def _of_api(exc: api_errors.APIException) -> Problem:
    headers: dict[str, str] = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(exc, api_errors.Throttled):
        headers["Retry-After"] = str(max(1, math.ceil(getattr(exc, "wait", None) or 1)))
    status = exc.status_code
    if isinstance(exc, api_errors.ValidationError):
        return Problem(status, "invalid_input", str(InvalidInput.message), tuple(_faults(exc.detail)), headers=headers)
    code = exc.get_codes()
    named = code if isinstance(code, str) and code not in {"error", "parse_error"} else _CODES.get(status, "refused")
    if status == 403 and named == "permission_denied":
        named = "not_permitted"
    return Problem(status, named, str(exc.detail), headers=headers)


def _faults(detail: Any, path: str = "") -> Iterator[FieldFault]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _faults(inner, f"{path}.{step}".strip("."))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _faults(inner, f"{path}.{position}".strip(".") if nested else path)
    else:
        yield FieldFault(path, str(getattr(detail, "code", "invalid")), str(detail))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
