"""Which status may follow which, by their categories."""

from tickets.vocabulary import StatusCategory

_OPEN, _PENDING = StatusCategory.OPEN.value, StatusCategory.PENDING.value
_RESOLVED, _CLOSED = StatusCategory.RESOLVED.value, StatusCategory.CLOSED.value

_ALLOWED: dict[str, frozenset[str]] = {
    _OPEN: frozenset({_OPEN, _PENDING, _RESOLVED, _CLOSED}),
    _PENDING: frozenset({_OPEN, _PENDING, _RESOLVED, _CLOSED}),
    _RESOLVED: frozenset({_OPEN, _PENDING, _CLOSED}),
    _CLOSED: frozenset({_OPEN, _PENDING}),
}


def can_transition(old: str, new: str) -> bool:
    """Whether a ticket of status category ``old`` may go to ``new``. A closed one may only be reopened."""
    return new in _ALLOWED[old]


def is_reopening(old: str, new: str) -> bool:
    """Whether the step brings a solved ticket back to work."""
    return old in (_RESOLVED, _CLOSED) and new in (_OPEN, _PENDING)


def event_kind(old: str, new: str) -> str:
    """The name of the event that tells of a status change, from the categories it goes between."""
    if is_reopening(old, new):
        return "ticket.reopened"
    if new == _RESOLVED:
        return "ticket.resolved"
    if new == _CLOSED:
        return "ticket.closed"
    return "ticket.status_changed"
