"""The queue's views in the rail of each agent page, with live counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.policies import may
from puo_desk.kernel.pages.rail import RailGroup, RailItem, register_rail
from tickets.queries.queue import COUNTED_VIEWS, VIEWS, count_views
from tickets.vocabulary import COUNT_CAP

_KEYS = {"mine": "m", "open": "q"}
_TABS: dict[str, Any] = {"open": _("Queue"), "mine": _("Mine")}


def capped(count: int) -> int | str:
    """A count as it is shown: exact below the cap."""
    return count if count < COUNT_CAP else f"{COUNT_CAP - 1}+"


def queue_groups(request: HttpRequest) -> Iterable[RailGroup]:
    """The views a viewer works from, and how many tickets wait in each. One query."""
    viewer = getattr(request, "actor", None)
    if viewer is None or not may(viewer, "queue.view"):
        return
    counts = count_views(viewer=viewer, now=timezone.now())
    current = request.GET.get("view", "") if request.path == reverse("tickets:queue") else ""
    yield RailGroup(
        items=[
            RailItem(
                label=str(VIEWS[code].label),
                url=f"{reverse('tickets:queue')}?view={code}",
                icon=VIEWS[code].icon,
                count=capped(counts[code]) if counts[code] else None,
                tone=VIEWS[code].tone if counts[code] else "",  # type: ignore[arg-type]
                key=_KEYS.get(code, ""),
                current=code == current,
                tab=str(_TABS.get(code, "")),
                live_id=f"count-{code}",
            )
            for code in COUNTED_VIEWS
        ]
    )


register_rail(queue_groups, order=10)
