from reports.models.report import DailyReport, ReportRun, ReportTicketSet

__all__ = ["DailyReport", "ReportRun", "ReportTicketSet"]
