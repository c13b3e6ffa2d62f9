"""The REST edge of tickets: translate, call one operation or query, tell the answer."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput, StaleVersion
from puo_desk.kernel.http.pagination import Keyset, KeysetPagination, asked_page, envelope
from puo_desk.kernel.idempotency import idempotent
from tickets.api import serializers as shown
from tickets.api.shapes import category_json, event_json, file_json, message_json, ticket_json
from tickets.models import Ticket
from tickets.operations import assignment, attachments, conversation, opening, properties, relations, statuses
from tickets.operations.change import locked_ticket
from tickets.policies import sees_desk_facts_of, visible_tickets
from tickets.queries import classification
from tickets.queries.conversation import get_ticket, list_events, list_messages
from tickets.queries.filters import TicketFilter, filter_tickets
from tickets.queries.queue import SORTS, VIEWS, tickets_in_view
from tickets.queries.search import search_tickets
from tickets.vocabulary import parse_ticket_number

NUMBER = OpenApiParameter(
    "ticket_id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    pattern="^[Pp][Uu][Oo]-[0-9]{1,15}$",
    description="The ticket's number: PUO-1042.",
)
RELATED = ("status", "requester", "assignee", "team", "category")
_LIST_WORDS = frozenset({"cursor", "page_size", "view", "sort", "search", "format"})

_DESK_WORDS = frozenset({"view", "priority", "team", "assignee", "unassigned", "tag", "requester"})


class DeskView(APIView):
    """A view that knows who calls."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def actor(self, request: Request) -> Actor:
        return cast(Any, request._request).actor

    def valid(self, serializer: type, request: Request) -> dict[str, Any]:
        """The checked input. Raises: ValidationError, told as a problem with its fields."""
        checked = serializer(data=request.data)
        checked.is_valid(raise_exception=True)
        return checked.validated_data

    def ticket(self, request: Request, ticket_id: int) -> Response:
        viewer = self.actor(request)
        return Response(ticket_json(get_ticket(ticket_id, viewer=viewer), viewer=viewer))


class TicketListView(DeskView):
    required_act = {"GET": "ticket.view", "POST": "ticket.open"}
    pagination_class = KeysetPagination
    filterset_class = TicketFilter

    @extend_schema(
        operation_id="list_tickets",
        tags=["tickets"],
        summary="Tickets that the caller may see",
        parameters=[
            OpenApiParameter("view", OpenApiTypes.STR, enum=sorted(VIEWS), description="A view of the queue."),
            OpenApiParameter(
                "sort", OpenApiTypes.STR, enum=sorted(SORTS), description="Newest first unless said otherwise."
            ),
            OpenApiParameter("search", OpenApiTypes.STR, description="Words in number, subject and messages."),
        ],
        responses=shown.TicketSerializer(many=True),
        filters=True,
    )
    def get(self, request: Request) -> Response:
        """Filters narrow, ``view`` and ``search`` too; all of them together must hold. Who asks for help has neither
        ``view`` nor the filters by what the desk keeps to itself."""
        viewer, params = self.actor(request), request.query_params
        known = TicketFilter.names() | _LIST_WORDS
        if not sees_desk_facts_of(viewer):
            # A filter that finds or does not find tells what the ticket itself keeps to the desk, and who is here.
            known -= _DESK_WORDS
        if unknown := sorted(set(params) - known):
            raise InvalidInput({unknown[0]: [_("There is no such filter.")]})
        rows = visible_tickets(viewer)
        if view := params.get("view"):
            rows = tickets_in_view(view, viewer=viewer, now=timezone.now())
        rows, chosen = filter_tickets(rows, params)
        if not chosen.is_valid():
            raise InvalidInput({name: [str(line) for line in lines] for name, lines in chosen.form.errors.items()})
        if words := params.get("search"):
            rows = rows.filter(pk__in=search_tickets(words, viewer=viewer).values("pk"))
        cursor, size = asked_page(params)
        page = _keyset(params.get("sort") or "newest").page(rows.select_related(*RELATED), cursor=cursor, size=size)
        return Response(envelope(request, page, [ticket_json(row, viewer=viewer) for row in page.rows]))

    @extend_schema(
        operation_id="open_ticket",
        tags=["tickets"],
        summary="Open a ticket",
        request=shown.NewTicketSerializer,
        responses={201: shown.TicketSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send an ``Idempotency-Key`` and a ticket is opened exactly once, however often the call is repeated."""
        given = self.valid(shown.NewTicketSerializer, request)
        for name in ("category", "requester", "team", "incident"):
            given[f"{name}_id"] = given.pop(name, None)
        actor = self.actor(request)
        ticket = opening.open_ticket(opening.NewTicket(**given), actor=actor, now=timezone.now())
        location = f"/api/v1/tickets/{ticket.number}/"
        return Response(ticket_json(ticket, viewer=actor), status=201, headers={"Location": location})


def _keyset(sort: str) -> Keyset:
    if sort not in SORTS:
        raise InvalidInput({"sort": [_("Choose from %(choices)s.") % {"choices": ", ".join(SORTS)}]})
    return SORTS[sort].keyset


@extend_schema(parameters=[NUMBER], tags=["tickets"])
class TicketView(DeskView):
    required_act = {"GET": "ticket.view", "PATCH": "ticket.view"}

    @extend_schema(operation_id="get_ticket", summary="One ticket", responses=shown.TicketSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        return self.ticket(request, ticket_id)

    @extend_schema(
        operation_id="change_ticket",
        summary="Named acts on a ticket, together or not at all",
        request=shown.TicketActsSerializer,
        responses=shown.TicketSerializer,
    )
    @idempotent
    def patch(self, request: Request, ticket_id: int) -> Response:
        """Each key is an act with its own permission: status, assignee, team, category, priority, tags …"""
        acts = self.valid(shown.TicketActsSerializer, request)
        with transaction.atomic():
            _do_acts(ticket_id, acts, actor=self.actor(request))
        return self.ticket(request, ticket_id)


def _do_acts(ticket_id: int, acts: dict[str, Any], *, actor: Actor) -> None:
    """Each named act through its operation, under one lock and one look at the version."""
    ticket = locked_ticket(ticket_id, actor=actor)
    seen = acts.get("version")
    if seen is not None and seen != ticket.version:
        raise StaleVersion(current_version=ticket.version, seen_version=seen)
    about: dict[str, Any] = {"ticket_id": ticket_id, "actor": actor, "now": timezone.now()}
    if "category" in acts:
        properties.set_category(category_id=acts["category"], **about)
    judged = {name: acts[name] for name in ("priority", "impact", "urgency") if name in acts}
    if judged:
        properties.set_priority(**judged, **about)
    if "team" in acts:
        assignment.move_to_team(team_id=acts["team"], **about)
    if "assignee" in acts:
        assignment.assign_ticket(assignee_id=acts["assignee"], **about)
    if "subject" in acts:
        properties.rename_ticket(subject=acts["subject"], **about)
    if "tags" in acts:
        properties.tag_ticket(**acts["tags"], **about)
    if "status" in acts:
        statuses.set_status(status=acts["status"], **about)


def _act_view(name: str, *, act: str, summary: str, serializer: type = shown.NoInputSerializer) -> Any:
    """A class of view for one act that needs no more than its input."""

    def decorate(operation: Any) -> type[DeskView]:
        @extend_schema(
            operation_id=f"{name}_ticket",
            summary=summary,
            parameters=[NUMBER],
            tags=["tickets"],
            request=serializer,
            responses=shown.TicketSerializer,
        )
        @idempotent
        def post(self: DeskView, request: Request, ticket_id: int) -> Response:
            given = self.valid(serializer, request)
            operation(ticket_id=ticket_id, actor=self.actor(request), now=timezone.now(), **given)
            return self.ticket(request, ticket_id)

        post.__doc__ = operation.__doc__ and operation.__doc__.strip().splitlines()[0]
        return type(
            f"{name.title()}View", (DeskView,), {"required_act": {"POST": act}, "post": post, "__doc__": post.__doc__}
        )

    return decorate


ClaimView = _act_view("claim", act="ticket.claim", summary="Take a ticket that nobody has")(assignment.claim_ticket)
ResolveView = _act_view("resolve", act="ticket.resolve", summary="Say that the work is done")(statuses.resolve_ticket)
CloseView = _act_view("close", act="ticket.close", summary="End a ticket for good")(statuses.close_ticket)
ConfirmView = _act_view("confirm", act="ticket.confirm", summary="The requester confirms the fix")(statuses.confirm_fix)
ReopenView = _act_view(
    "reopen", act="ticket.reopen", summary="Bring a solved ticket back", serializer=shown.ReopenSerializer
)(statuses.reopen_ticket)
RateView = _act_view(
    "rate", act="ticket.rate", summary="The requester rates the help", serializer=shown.RatingSerializer
)(statuses.rate_ticket)
WatchView = _act_view("watch", act="ticket.watch", summary="Be told what happens on a ticket")(relations.watch_ticket)
UnwatchView = _act_view("unwatch", act="ticket.watch", summary="Be told no longer")(relations.unwatch_ticket)


@extend_schema(parameters=[NUMBER], tags=["tickets"])
class LinkView(DeskView):
    required_act = {"POST": "ticket.link"}

    @extend_schema(
        operation_id="link_tickets",
        summary="Tie a ticket to another one",
        request=shown.LinkSerializer,
        responses=shown.TicketSerializer,
    )
    @idempotent
    def post(self, request: Request, ticket_id: int) -> Response:
        given = self.valid(shown.LinkSerializer, request)
        other_id = parse_ticket_number(given["other"]) or 0
        relations.link_tickets(
            ticket_id=ticket_id, other_id=other_id, kind=given["kind"], actor=self.actor(request), now=timezone.now()
        )
        return self.ticket(request, ticket_id)


@extend_schema(parameters=[NUMBER], tags=["messages"])
class MessageListView(DeskView):
    required_act = {"GET": "ticket.view", "POST": "ticket.reply"}

    @extend_schema(
        operation_id="list_messages", summary="The conversation", responses=shown.MessageSerializer(many=True)
    )
    def get(self, request: Request, ticket_id: int) -> Response:
        """Oldest first. Internal notes only for those who may read them."""
        viewer = self.actor(request)
        ticket = get_ticket(ticket_id, viewer=viewer)
        return Response([message_json(row) for row in list_messages(ticket, viewer=viewer)])

    @extend_schema(
        operation_id="send_message",
        summary="Reply, or leave an internal note",
        request=shown.NewMessageSerializer,
        responses={201: shown.MessageSerializer},
    )
    @idempotent
    def post(self, request: Request, ticket_id: int) -> Response:
        given = self.valid(shown.NewMessageSerializer, request)
        actor, now = self.actor(request), timezone.now()
        say = conversation.note_on_ticket if given.pop("kind") == "note" else conversation.reply_to_ticket
        message = say(ticket_id=ticket_id, actor=actor, now=now, channel="api", **given)
        ticket: Ticket = message.ticket
        sent = next(row for row in reversed(list_messages(ticket, viewer=actor)) if row.id == message.pk)
        return Response(message_json(sent), status=201)


@extend_schema(parameters=[NUMBER], tags=["events"])
class EventListView(DeskView):
    required_act = {"GET": "ticket.view"}

    @extend_schema(
        operation_id="list_events",
        summary="The history",
        parameters=[
            OpenApiParameter(
                "after_seq",
                {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
                description="Only what came after.",
            )
        ],
        responses=shown.EventSerializer(many=True),
    )
    def get(self, request: Request, ticket_id: int) -> Response:
        """In order of ``seq``, without gaps for those who work at the desk."""
        viewer = self.actor(request)
        ticket = get_ticket(ticket_id, viewer=viewer)
        after_seq = _whole_number("after_seq", request.query_params.get("after_seq") or "0")
        return Response([event_json(row) for row in list_events(ticket, viewer=viewer, after_seq=after_seq)])


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**31):
        raise InvalidInput({name: [_("Send a whole number.")]})
    return int(text)


class UploadView(DeskView):
    required_act = {"POST": "ticket.open"}
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="upload_file",
        tags=["attachments"],
        summary="Upload a file for a message to come",
        request={"multipart/form-data": shown.UploadSerializer},
        responses={201: shown.FileSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """The key goes into ``files`` of the message. Files that are not sent within a day are deleted."""
        file = self.valid(shown.UploadSerializer, request)["file"]
        stored = attachments.store_upload(file=file, actor=self.actor(request), now=timezone.now())
        return Response(file_json(stored), status=201)


class AttachmentView(DeskView):
    required_act = {"GET": "ticket.view"}

    @extend_schema(
        operation_id="download_file",
        tags=["attachments"],
        summary="A file",
        parameters=[OpenApiParameter("key", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, key: Any) -> HttpResponseBase:
        from tickets.web.views.attachments import file_response

        return file_response(key, viewer=self.actor(request))


class CategoryListView(DeskView):
    required_act = {"GET": "category.view"}

    @extend_schema(
        operation_id="list_categories",
        tags=["categories"],
        summary="Categories with their forms",
        responses=shown.CategorySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        forms = classification.field_rules_by_category()
        return Response([category_json(row, forms.get(row.id, ())) for row in classification.list_categories()])


class StatusListView(DeskView):
    required_act = {"GET": "category.view"}

    @extend_schema(
        operation_id="list_statuses",
        tags=["categories"],
        summary="Statuses",
        responses=shown.StatusSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(
            [
                {"code": row.code, "name": row.name, "category": row.category, "waiting_on": row.waiting_on}
                for row in classification.list_statuses()
            ]
        )


class IncidentListView(DeskView):
    required_act = {"GET": "category.view"}

    @extend_schema(
        operation_id="list_incidents",
        tags=["categories"],
        summary="Known incidents that go on",
        responses=shown.IncidentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(
            [
                {"id": row.id, "title": row.title, "public_summary": row.public_summary, "started_at": row.started_at}
                for row in classification.list_open_incidents()
            ]
        )
