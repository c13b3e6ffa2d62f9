"""One view, one query."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.bench.bare.models import Ticket


def subject(request: HttpRequest, ticket_id: int) -> HttpResponse:
    text = Ticket.objects.values_list("subject", flat=True).get(pk=ticket_id)
    return HttpResponse(text, headers={"Content-Length": str(len(text.encode()))})


urlpatterns = [path("<int:ticket_id>/", subject)]
