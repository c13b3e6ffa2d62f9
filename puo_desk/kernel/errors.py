"""What the desk refuses, said once, so that pages and the API tell it in the same words.

An operation raises a subclass of ``DomainError``; the edges translate it. ``http_status`` is the only
thing an edge needs to know, ``code`` is the stable name a program may act on, ``message`` is for a
person and says what to do next, and ``facts`` are the named values that belong to the refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal with a reason: nothing was changed, nothing was recorded, nothing was queued."""

    code = "refused"
    http_status = 409
    message: Any = _("This cannot be done now.")

    def __init__(self, message: Any = None, **facts: Any) -> None:
        self.message = message if message is not None else type(self).message
        self.facts: Mapping[str, Any] = facts
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class NotPermitted(DomainError):
    """The actor may see the thing but may not do this to it."""

    code = "not_permitted"
    http_status = 403
    message = _("You may not do this. Ask a lead if you should be able to.")


class NotFound(DomainError):
    """The thing does not exist, or the actor may not see it: the two look the same."""

    code = "not_found"
    http_status = 404
    message = _("There is nothing here, or you may not see it.")


class InvalidInput(DomainError):
    """The input breaks a rule. ``errors`` maps a field's name to the sentences about it."""

    code = "invalid_input"
    http_status = 400
    message = _("Some of what was sent is not valid.")

    def __init__(self, errors: Mapping[str, list[Any]], message: Any = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.errors: dict[str, list[str]] = {name: [str(line) for line in lines] for name, lines in errors.items()}


class StaleVersion(DomainError):
    """The row was changed by somebody else since the writer read it (promise P6)."""

    code = "stale_version"
    http_status = 409
    message = _("Somebody changed this since you opened it. Look at what changed, then send again.")
