"""What was told, and what could not be delivered, for an admin."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from puo_desk.accounts.web.access import actor_of
from puo_desk.accounts.web.admin_site import ReadOnlyAdmin
from puo_desk.notifications.models import Notification
from puo_desk.notifications.operations.deliver import replay_notifications


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = (
        "kind",
        "recipient",
        "channel",
        "state",
        "created_at",
        "sent_at",
        "read_at",
        "attempts",
        "last_error",
    )
    list_filter = ("state", "channel", "kind")
    search_fields = ("dedupe", "about", "recipient__username")
    list_select_related = ("recipient",)
    show_full_result_count = False
    actions = ("replay",)

    @admin.action(description=_("Try the chosen mails again"))
    def replay(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        actor = actor_of(request)
        if actor is None:
            return
        chosen = list(queryset.values_list("pk", flat=True))
        replayed = replay_notifications(actor=actor, now=timezone.now(), ids=chosen)
        said = ngettext("%d mail will be tried again.", "%d mails will be tried again.", replayed) % replayed
        self.message_user(request, said, messages.SUCCESS)
