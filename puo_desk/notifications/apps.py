from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "puo_desk.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from puo_desk.kernel.late_work import register_due_model
        from puo_desk.kernel.pages.rail import register_rail
        from puo_desk.notifications.models import Notification
        from puo_desk.notifications.web.rail import notifications_entry

        register_due_model(Notification, name="notifications", late_after=timedelta(minutes=2))
        register_rail(notifications_entry, order=80)
