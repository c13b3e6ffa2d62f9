"""The queue's views in the rail of each agent page, with live counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.policies import may
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.rail import RailGroup, RailItem, register_rail, register_search
from tickets.queries.queue import COUNTED_VIEWS, VIEWS, count_views
from tickets.vocabulary import COUNT_CAP

_KEYS = {"mine": "m", "open": "q"}
_TABS: dict[str, Any] = {"open": _("Queue"), "mine": _("Mine")}


def capped(count: int) -> int | str:
    """A count as it is shown: exact below the cap."""
    return count if count < COUNT_CAP else f"{COUNT_CAP - 1}+"


def view_counts(request: HttpRequest, viewer: Actor) -> dict[str, int]:
    """The live counts, asked once in a request whoever shows them."""
    kept: dict[str, int] | None = getattr(request, "view_counts", None)
    if kept is None:
        kept = count_views(viewer=viewer, now=timezone.now())
        request.view_counts = kept  # type: ignore[attr-defined]
    return kept


def search_address(request: HttpRequest) -> str:
    """Where the palette looks for tickets; nowhere for those who have no queue."""
    viewer = getattr(request, "actor", None)
    return f"{address('tickets:search')}?q=" if viewer is not None and may(viewer, "queue.view") else ""


def queue_groups(request: HttpRequest) -> Iterable[RailGroup]:
    """The views a viewer works from, and how many tickets wait in each. One query."""
    viewer = getattr(request, "actor", None)
    if viewer is None or not may(viewer, "queue.view"):
        return
    counts = view_counts(request, viewer)
    # A ticket carries the list that it was opened from in its address.
    current = getattr(request, "queue_view", "") or request.GET.get("view", "")
    yield RailGroup(
        items=[
            RailItem(
                label=str(VIEWS[code].label),
                url=f"{address('tickets:queue')}?view={code}",
                icon=VIEWS[code].icon,
                count=capped(counts[code]) if counts[code] else "",
                tone=VIEWS[code].tone,  # type: ignore[arg-type]
                key=_KEYS.get(code, ""),
                current=code == current,
                tab=str(_TABS.get(code, "")),
                tab_current=code == "open" and current in VIEWS and current != "mine",
                live_id=f"count-{code}",
            )
            for code in COUNTED_VIEWS
        ]
    )


def work_group(request: HttpRequest) -> Iterable[RailGroup]:
    """The way to the known incidents."""
    viewer = getattr(request, "actor", None)
    if viewer is None or not may(viewer, "queue.view"):
        return
    url = address("tickets:incidents")
    entry = RailItem(
        label=str(_("Known incidents")), url=url, icon="zap", current=request.path.startswith(url), key="i"
    )
    yield RailGroup(items=[entry], label=str(_("Work")))


def request_links(request: HttpRequest) -> Iterable[RailGroup]:
    """Where requesters go: the links of their bar on pages that are not about requests."""
    viewer = getattr(request, "actor", None)
    if viewer is None or may(viewer, "queue.view"):
        return
    places = [(_("My requests"), "tickets:requests", "inbox"), (_("New request"), "tickets:new_request", "plus")]
    yield RailGroup([RailItem(str(word), address(name), icon, tab=str(word)) for word, name, icon in places])


register_rail(queue_groups, order=10)
register_rail(request_links, order=10)
register_rail(work_group, order=30)
register_search(search_address)
