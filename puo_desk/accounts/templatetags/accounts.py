"""What the sign-in page says beside its form."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.conf import settings

from puo_desk.accounts.models import User

register = template.Library()

DEMO_USERNAMES = ("requester", "agent", "lead", "engineer", "admin")


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    username: str
    role: str


@register.simple_tag
def demo_sign_ins() -> list[DemoSignIn]:
    """The demo's people, when this is a demo desk and all of them are here; otherwise none."""
    if not getattr(settings, "DEMO", False):
        return []
    people = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True)
    found = {person.username: person.role_label for person in people}
    if len(found) < len(DEMO_USERNAMES):
        return []
    return [DemoSignIn(username, found[username]) for username in DEMO_USERNAMES]


@register.simple_tag
def sign_up_is_open() -> bool:
    """Whether strangers may make an account here."""
    return bool(getattr(settings, "ACCOUNTS_SIGNUP", False))
