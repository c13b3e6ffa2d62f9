from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SopConfig(AppConfig):
    name = "sop"
    verbose_name = _("Procedures")

    def ready(self) -> None:
        from sop.operations import applying  # noqa: F401 - it subscribes when imported
        from sop.web.panels import register_parts
        from sop.web.rail import register_procedures

        register_parts()
        register_procedures()
