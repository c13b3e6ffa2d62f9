from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from puo_desk.kernel.late_work import register_due_model
        from reports import policies  # noqa: F401 - it declares its acts when imported
        from reports.models import ReportRun
        from reports.web.rail import register_reports

        register_reports()
        register_due_model(ReportRun, name="report-runs", late_after=timedelta(minutes=15))
