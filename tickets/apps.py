from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        from datetime import timedelta

        from puo_desk.kernel.late_work import register_due_model
        from tickets.models import FollowUp
        from tickets.operations import follow_ups, telling  # noqa: F401 - they subscribe when imported
        from tickets.web import live, rail  # noqa: F401 - they register topics and the queue's views

        register_due_model(FollowUp, name="follow-ups", late_after=timedelta(minutes=5))
