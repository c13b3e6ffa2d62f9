"""The notifications page, and the bell in the shell."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from puo_desk.accounts.web.access import ReaderRequest, page, shell_for
from puo_desk.notifications.operations.read import mark_all_read, mark_read
from puo_desk.notifications.queries.bell import count_unread, list_notifications

PAGE_SIZE = 30


@require_safe
@page("notification.read")
def notification_list(request: ReaderRequest) -> HttpResponseBase:
    """What the reader was told, newest first; ``?before=ID`` goes on, ``?show=unread`` narrows."""
    before = request.GET.get("before", "")
    unread_only = request.GET.get("show") == "unread"
    rows = list_notifications(
        viewer=request.actor,
        limit=PAGE_SIZE + 1,
        before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        unread_only=unread_only,
    )
    context = {
        "rows": rows[:PAGE_SIZE],
        "next_before": rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        "unread_only": unread_only,
        "unread": count_unread(viewer=request.actor),
        "shell": shell_for(request.actor),
    }
    of_htmx = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
    template = "notifications/_notification_rows.html" if of_htmx else "notifications/notification_list.html"
    return render(request, template, context)


@require_safe
@page("notification.read")
def bell(request: ReaderRequest) -> HttpResponseBase:
    """The bell with the number of unread notifications, for the shell to load and refresh."""
    unread = count_unread(viewer=request.actor)
    answer = render(request, "notifications/_bell.html", {"unread": unread})
    return trigger_client_event(answer, "counts", {"bell-count": str(unread.label) if unread.number else ""})


@require_POST
@page("notification.read")
def notification_open(request: ReaderRequest, notification_id: int) -> HttpResponseBase:
    """Mark one as read and go where it leads."""
    notification = mark_read(notification_id=notification_id, actor=request.actor, now=timezone.now())
    here = url_has_allowed_host_and_scheme(notification.url, allowed_hosts=None)
    return redirect(notification.url if notification.url and here else "notifications:list")


@require_POST
@page("notification.read")
def notification_read_all(request: ReaderRequest) -> HttpResponseBase:
    """Mark everything as read."""
    mark_all_read(actor=request.actor, now=timezone.now())
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Trigger": "notifications-changed"})
    return redirect("notifications:list")
