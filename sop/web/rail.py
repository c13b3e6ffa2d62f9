"""Procedures in the rail of each agent page."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from puo_desk.accounts.policies import may
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.rail import RailGroup, RailItem, register_rail


def procedures_group(request: HttpRequest) -> Iterable[RailGroup]:
    """The way to the procedures, for those who read all of them."""
    viewer = getattr(request, "actor", None)
    if viewer is None or not may(viewer, "article.view_internal"):
        return
    url = address("sop:articles")
    yield RailGroup(
        items=[
            RailItem(
                label=_("Procedures"),
                url=url,
                icon="book-open",
                current=request.path.startswith(url),
                key="s",
                tab=_("SOPs"),
            )
        ],
        label=_("Work"),
    )


def register_procedures() -> None:
    register_rail(procedures_group, order=40)
