"""What `manage.py` does around a Django command."""

import sys
from collections.abc import Sequence

from puo_desk.stack.environment import missing_servers, point_at, servers
from puo_desk.stack.errors import StackError
from puo_desk.stack.launcher import POSTGRESQL, VALKEY
from puo_desk.stack.place import desk_place
from puo_desk.stack.postgres import Postgres
from puo_desk.stack.valkey import Valkey

# These never ask a database; starting servers for them would only cost time.
COMMANDS_WITHOUT_SERVERS = frozenset(
    {
        "help",
        "version",
        "collectstatic",
        "findstatic",
        "compilemessages",
        "makemessages",
        "diffsettings",
        "spectacular",
    }
)


def needs_servers(arguments: Sequence[str]) -> bool:
    """Whether the command line (as in sys.argv) may ask PostgreSQL or Redis."""
    if len(arguments) < 2 or {"-h", "--help", "--version"} & set(arguments):
        return False
    if arguments[1] == "check":
        return "--database" in arguments
    return arguments[1] not in COMMANDS_WITHOUT_SERVERS


def run(arguments: list[str]) -> int:
    """Run one command: `up` by the supervisor, any other by Django with its servers running."""
    try:
        if arguments[1:2] == ["up"]:
            from puo_desk.stack.up import up

            return up()
        if needs_servers(arguments):
            with servers(desk_place()):
                return _django(arguments)
        _point_at_sleeping_servers()
        return _django(arguments)
    except StackError as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _django(arguments: list[str]) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(arguments)
    return 0


def _point_at_sleeping_servers() -> None:
    """Name the embedded servers without starting them: the settings want a URL, whether or not it is used."""
    sleeping = {POSTGRESQL: Postgres(desk_place()).url, VALKEY: Valkey(desk_place()).url}
    point_at({name: sleeping[name] for name in missing_servers()})
