from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EscalationsConfig(AppConfig):
    name = "escalations"
    verbose_name = _("Promises")

    def ready(self) -> None:
        from escalations import policies  # noqa: F401 - it declares its acts when imported
        from escalations.models import Timer
        from escalations.operations import imported, promises, sweep  # noqa: F401 - they subscribe and register kinds
        from escalations.web.panels import PromiseForNew, PromisesPanel, RequestPromisePanel
        from escalations.web.sentences import register_sentences
        from puo_desk.kernel.late_work import register_due_model
        from tickets.extension import register

        register_due_model(Timer, name="sla-timers", late_after=timedelta(seconds=30))
        register(PromisesPanel())
        register(RequestPromisePanel())
        register(PromiseForNew())
        register_sentences()
