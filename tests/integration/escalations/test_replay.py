"""Whatever happens to a ticket, in whatever order: the stored timers are what its history says."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puo_desk.kernel.errors import DomainError
from tests.integration.escalations.conftest import Desk
from tickets.models import Ticket, TicketEvent

STATUSES = ("in_progress", "waiting_requester", "waiting_third_party", "with_engineering", "resolved", "closed")
acts = st.one_of(
    st.just(("answer", None)),
    st.just(("write", None)),
    st.just(("sweep", None)),
    st.tuples(st.just("put"), st.sampled_from(STATUSES)),
    st.tuples(st.just("prioritise"), st.sampled_from([1, 2, 4])),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 7, 30, 119, 240, 480, 1500, 5000])),
)


class _Undone(Exception):
    pass


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.sampled_from([1, 2, 4]), steps=st.lists(acts, min_size=2, max_size=14))
def test_replay_equals_what_is_stored(desk: Desk, first: int, steps: list[tuple[str, object]]) -> None:
    start = desk.now
    try:
        with transaction.atomic():
            _live(desk, first, steps)
            raise _Undone
    except _Undone:
        desk.tickets.clear()
        desk.now = start


def _live(desk: Desk, first: int, steps: list[tuple[str, object]]) -> None:
    ticket = desk.open(priority=first)
    for act, value in steps:
        desk.wait(timedelta(minutes=value if act == "wait" else 0, microseconds=1))  # type: ignore[arg-type]
        try:
            if act == "sweep":
                desk.sweep()
            elif act in ("put", "prioritise"):
                getattr(desk, act)(ticket, value)
            elif act != "wait":
                getattr(desk, act)(ticket)
        except DomainError:
            continue
        desk.verify()
    desk.sweep()
    desk.verify()
    assert desk.sweep() == 0
    _alarms_came_once(ticket)


def _alarms_came_once(ticket: Ticket) -> None:
    told = [
        (event.kind, event.data["metric"], event.data["cycle"], event.data.get("percent"))
        for event in TicketEvent.objects.filter(ticket=ticket, kind__in=["sla.warned", "sla.breached"])
    ]
    assert len(told) == len(set(told))
