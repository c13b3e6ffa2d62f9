"""Reports in the rail of each agent page."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from puo_desk.accounts.policies import may
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.rail import RailGroup, RailItem, register_rail


def reports_group(request: HttpRequest) -> Iterable[RailGroup]:
    """The way to the reports, for those who read them."""
    viewer = getattr(request, "actor", None)
    if viewer is None or not may(viewer, "report.view"):
        return
    url = address("reports:reports")
    yield RailGroup(
        items=[
            RailItem(label=_("Reports"), url=url, icon="chart-column", current=request.path.startswith(url), key="r")
        ],
        label=_("Work"),
    )


def register_reports() -> None:
    register_rail(reports_group, order=60)
