"""The REST edge of reports: translate, call one operation or query, tell the answer."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.http.pagination import MAX_CURSOR, MAX_PAGE_SIZE, PAGE_SIZE, KeysetPagination, asked_page, envelope
from puo_desk.kernel.idempotency import idempotent
from reports.api import serializers as shown
from reports.api.shapes import report_json, summary_json
from reports.models import DailyReport
from reports.operations.build import build_daily_report
from reports.queries.names import names_in
from reports.queries.reports import (
    counted_tickets,
    get_report,
    keys_with_tickets,
    list_reports,
    list_versions,
    version_number,
)
from tickets.api.shapes import ticket_json
from tickets.queries.queue import SORTS

DAY = OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH, description="The day: 2026-11-21.")
VERSION = OpenApiParameter(
    "version",
    {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    description="An earlier version; the newest without it.",
)
PAGING = [
    OpenApiParameter("cursor", {"type": "string", "maxLength": MAX_CURSOR}, description="Where the page begins."),
    OpenApiParameter(
        "page_size",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
        description="Rows in a page.",
    ),
]
RELATED = ("status", "requester", "assignee", "team", "category")


class ReportsView(APIView):
    """A view that knows who calls, and refuses what it does not understand."""

    def actor(self, request: Request) -> Actor:
        return cast(Any, request._request).actor

    def refuse_unknown(self, request: Request, *known: str) -> None:
        if unknown := sorted(set(request.query_params) - {*known, "format"}):
            raise InvalidInput({unknown[0]: [_("There is no such filter.")]})

    def told(self, report: DailyReport) -> dict[str, Any]:
        versions = [row.version for row in list_versions(report.day)]
        return report_json(report, names=names_in(report), versions=versions, keys=keys_with_tickets(report))


class ReportListView(ReportsView):
    required_act = {"GET": "report.view"}
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="list_daily_reports",
        tags=["reports"],
        summary="Days that have a report, newest first",
        responses=shown.ReportSummarySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The newest version of each day, with its headline figures."""
        self.refuse_unknown(request, "cursor", "page_size")
        cursor, size = asked_page(request.query_params)
        page = list_reports(viewer=self.actor(request), cursor=cursor, size=size)
        return Response(envelope(request, page, [summary_json(row) for row in page.rows]))


@extend_schema(parameters=[DAY], tags=["reports"])
class ReportView(ReportsView):
    required_act = {"GET": "report.view"}

    @extend_schema(
        operation_id="get_daily_report",
        summary="One day as it was built",
        parameters=[VERSION],
        responses=shown.ReportSerializer,
    )
    def get(self, request: Request, day: date) -> Response:
        """All figures and tables, from the frozen report."""
        self.refuse_unknown(request, "version")
        return Response(self.told(get_report(day, viewer=self.actor(request), version=_version(request))))


@extend_schema(parameters=[DAY], tags=["reports"])
class ReportTicketsView(ReportsView):
    required_act = {"GET": "report.view"}

    @extend_schema(
        operation_id="list_counted_tickets",
        summary="Exactly the tickets behind a number",
        parameters=[
            OpenApiParameter(
                "key", OpenApiTypes.STR, required=True, description="A figure's code, or one of `ticket_keys`."
            ),
            VERSION,
            *PAGING,
        ],
        responses=shown.CountedTicketsSerializer,
    )
    def get(self, request: Request, day: date) -> Response:
        """Newest first. Tickets that the caller may not see are counted in ``not_visible`` and left out."""
        self.refuse_unknown(request, "key", "version", "cursor", "page_size")
        viewer, params = self.actor(request), request.query_params
        if not params.get("key"):
            raise InvalidInput({"key": [_("Say which number.")]})
        report = get_report(day, viewer=viewer, version=_version(request))
        counted = counted_tickets(report, params["key"], viewer=viewer)
        cursor, size = asked_page(params)
        page = SORTS["newest"].keyset.page(counted.tickets.select_related(*RELATED), cursor=cursor, size=size)
        told = {"key": counted.key, "counted": counted.total, "not_visible": counted.hidden}
        return Response(told | envelope(request, page, [ticket_json(ticket, viewer=viewer) for ticket in page.rows]))


@extend_schema(parameters=[DAY], tags=["reports"])
class BuildView(ReportsView):
    required_act = {"POST": "report.build"}

    @extend_schema(
        operation_id="build_daily_report",
        summary="Build a day, or build it again as a new version",
        request=shown.BuildSerializer,
        responses={201: shown.ReportSerializer},
    )
    @idempotent
    def post(self, request: Request, day: date) -> Response:
        """Send an ``Idempotency-Key`` and the day is built once, however often the call is repeated."""
        shown.BuildSerializer(data=request.data).is_valid(raise_exception=True)
        report = build_daily_report(day=day, actor=self.actor(request), now=timezone.now())
        location = f"/api/v1/reports/daily/{day.isoformat()}/?version={report.version}"
        return Response(self.told(report), status=201, headers={"Location": location})


def _version(request: Request) -> int | None:
    return version_number(request.query_params.get("version"))
