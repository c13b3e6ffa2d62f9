"""Mounted by the roof below ``/api/v1/``."""

from django.urls import path

import reports.addresses  # noqa: F401 - registers days in paths
from reports.api import views

urlpatterns = [
    path("reports/daily/", views.ReportListView.as_view(), name="report-list"),
    path("reports/daily/<day:day>/", views.ReportView.as_view(), name="report"),
    path("reports/daily/<day:day>/tickets/", views.ReportTicketsView.as_view(), name="report-tickets"),
    path("reports/daily/<day:day>/build/", views.BuildView.as_view(), name="report-build"),
]
