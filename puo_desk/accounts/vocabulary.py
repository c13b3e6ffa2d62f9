"""The words for people: roles and the scopes of API tokens."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    REQUESTER = "requester", _("Requester")
    AGENT = "agent", _("Agent")
    LEAD = "lead", _("Lead")
    ENGINEER = "engineer", _("Engineer")
    ADMIN = "admin", _("Admin")


STAFF_ROLES = frozenset({Role.AGENT.value, Role.LEAD.value, Role.ENGINEER.value, Role.ADMIN.value})
"""Roles that work at the desk; a requester only asks."""

DESK_ROLES = frozenset({Role.AGENT.value, Role.LEAD.value, Role.ADMIN.value})
"""Roles that work every ticket; an engineer sees what was handed to the engineer's teams."""


class Scope(models.TextChoices):
    TICKETS_READ = "tickets:read", _("Read tickets")
    TICKETS_WRITE = "tickets:write", _("Open and change tickets")
    SOP_READ = "sop:read", _("Read procedures")
    REPORTS_READ = "reports:read", _("Read reports")
    REPORTS_WRITE = "reports:write", _("Build reports")


TOKEN_PREFIX = "puo"  # noqa: S105  no secret, the brand that every token begins with
TOKEN_DAYS = 365
"""How long an API token lives when nothing else is asked for."""
