from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "puo_desk.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from puo_desk.accounts.web import live  # noqa: F401 - it says what live streams follow
