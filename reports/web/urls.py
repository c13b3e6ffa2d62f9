"""The pages of reports, mounted by the roof at the root."""

from django.urls import path

import reports.addresses  # noqa: F401 - registers days in paths
from reports.web.views import daily

app_name = "reports"
urlpatterns = [
    path("reports/", daily.report_list, name="reports"),
    path("reports/definitions/", daily.definitions, name="definitions"),
    path("reports/daily/latest/", daily.latest, name="latest"),
    path("reports/daily/<day:day>/", daily.report, name="report"),
    path("reports/daily/<day:day>/tickets/", daily.tickets, name="tickets"),
    path("reports/daily/<day:day>/tables.csv", daily.tables, name="tables"),
    path("reports/daily/<day:day>/build/", daily.build, name="build"),
]
