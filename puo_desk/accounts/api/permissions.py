"""Every API view declares what a caller must be allowed to do; silence closes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from puo_desk.accounts.policies import PUBLIC, require

if TYPE_CHECKING:
    # Importing it here would close a circle: its class body asks for the classes of this module.
    from rest_framework.views import APIView

Acts = str | Mapping[str, str] | None


class DeclaredPermission(BasePermission):
    """Reads ``required_act`` of the view: one permission code (or ``PUBLIC``), or a mapping of codes by
    method (``{"GET": "ticket.view", "POST": "ticket.open"}``) or by a view set's action name.

    Role and token scopes are both asked, by ``policies.may``. A method that is served but not declared is
    refused to everybody.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        code = required_act(view, str(request.method))
        if code is None:
            _refuse_unserved(request, view)
            return False
        if code == PUBLIC:
            return True
        actor = getattr(request._request, "actor", None)
        if actor is None or not request.user:
            return False
        require(actor, code)
        return True


class Public(BasePermission):
    """Open to everybody; only the API's own description uses it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


def required_act(view: Any, method: str) -> str | None:
    """The act that a method of an API view asks for; None when nothing is declared."""
    declared: Acts = getattr(view, "required_act", None)
    if declared is None or isinstance(declared, str):
        return declared
    asked = "GET" if method == "HEAD" else method
    if asked == "OPTIONS" and "OPTIONS" not in declared:
        return next(iter(declared.values()), None)
    return declared.get(getattr(view, "action", None) or "") or declared.get(asked)


def _refuse_unserved(request: Request, view: APIView) -> None:
    """A method that no function serves is 405, so that a caller is not sent looking for rights."""
    if not hasattr(view, str(request.method).lower()):
        raise MethodNotAllowed(str(request.method))
