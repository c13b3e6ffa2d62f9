"""Make an API token from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.accounts.operations.people import add_person
from puo_desk.accounts.operations.tokens import LONGEST, create_token
from puo_desk.accounts.vocabulary import TOKEN_DAYS, Role, Scope
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput


class Command(BaseCommand):
    help = "Makes an API token and prints it, alone, on standard output. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--scopes", nargs="+", default=[Scope.TICKETS_READ.value], choices=Scope.values, metavar="SCOPE"
        )
        parser.add_argument("--name", default="made by create_token")
        parser.add_argument("--days", type=int, default=TOKEN_DAYS)
        parser.add_argument("--service", action="store_true", help="make the service account when it does not exist")
        parser.add_argument(
            "--role", choices=Role.values, default=Role.AGENT.value, help="role of a service account made now"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        actor, now = Actor.system("create_token"), timezone.now()
        if abs(options["days"]) > LONGEST.days:
            raise CommandError(f"A token lives for at most {LONGEST.days} days.")
        try:
            user = self._find_or_add(options, actor)
            token, text = create_token(
                user=user,
                name=options["name"],
                scopes=options["scopes"],
                lifetime=timedelta(days=options["days"]),
                actor=actor,
                now=now,
            )
        except InvalidInput as refused:
            raise CommandError("; ".join(line for lines in refused.errors.values() for line in lines)) from refused
        self.stderr.write(f"Token “{token.name}” of {user.username}, until {token.expires_at:%Y-%m-%d %H:%M} UTC.")
        self.stdout.write(text)

    def _find_or_add(self, options: dict[str, Any], actor: Actor) -> User:
        username = options["username"]
        user = User.objects.filter(username__iexact=username).first()
        if user is not None:
            if options["service"] and not user.is_service:
                raise CommandError(f"{username} is a person, not a service account.")
            return user
        if not options["service"]:
            raise CommandError(f"There is nobody named {username}. Add --service to make a service account.")
        user = User(username=username, role=options["role"], is_service=True)
        user.set_unusable_password()
        add_person(user=user, actor=actor, now=timezone.now())
        self.stderr.write(f"Service account {username} made, role {user.role}.")
        return user
