from tickets.models.classification import Category, FormField, KnownIncident, Status, Tag
from tickets.models.conversation import Attachment, Draft, Message
from tickets.models.event import TicketEvent
from tickets.models.follow_up import FollowUp
from tickets.models.ticket import NEVER, ReadMark, Ticket, TicketLink, TicketSearch, Watcher

__all__ = [
    "NEVER",
    "Attachment",
    "Category",
    "Draft",
    "FollowUp",
    "FormField",
    "KnownIncident",
    "Message",
    "ReadMark",
    "Status",
    "Tag",
    "Ticket",
    "TicketEvent",
    "TicketLink",
    "TicketSearch",
    "Watcher",
]
