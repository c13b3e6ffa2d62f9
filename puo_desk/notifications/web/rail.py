"""The bell in the rail of the desk's shell."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from puo_desk.accounts.web.access import actor_of
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.rail import RailGroup, RailItem
from puo_desk.notifications.queries.bell import count_unread


def notifications_entry(request: HttpRequest) -> Iterable[RailGroup]:
    """One entry with the number of unread notifications. One query."""
    actor = actor_of(request)
    if actor is None:
        return []
    unread = count_unread(viewer=actor)
    entry = RailItem(
        label=_("Notifications"),
        url=address("notifications:list"),
        icon="bell",
        count=unread.label if unread.number else "",
        tone="accent",
        key="n",
        live_id="bell-count",
    )
    return [RailGroup([entry])]
