from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "puo_desk.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from puo_desk.accounts.vocabulary import Role
        from puo_desk.accounts.web import live  # noqa: F401 - it says what live streams follow

        if settings.SSO_ROLE not in Role.values:
            raise ImproperlyConfigured(
                f"SSO_ROLE is {settings.SSO_ROLE!r} and must be one of {', '.join(Role.values)}."
            )
