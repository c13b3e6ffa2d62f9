"""The two URLs in the environment: the deployment's own, or the embedded servers'."""

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

from puo_desk.stack.launcher import POSTGRESQL, VALKEY, Membership, join
from puo_desk.stack.place import Place

VARIABLES = {POSTGRESQL: "DATABASE_URL", VALKEY: "REDIS_URL"}


def missing_servers(environment: MutableMapping[str, str] = os.environ) -> tuple[str, ...]:
    """The servers for which the environment names none: each URL replaces its embedded server alone."""
    return tuple(name for name, variable in VARIABLES.items() if not environment.get(variable))


def point_at(urls: dict[str, str], environment: MutableMapping[str, str] = os.environ) -> None:
    """Put the URLs where the settings read them."""
    for name, url in urls.items():
        environment[VARIABLES[name]] = url


def borrow(place: Place) -> Membership | None:
    """Join the place for what the environment does not name, and name it there; None when all is named."""
    wanted = missing_servers()
    if not wanted:
        return None
    membership = join(place, wanted)
    point_at(membership.urls)
    return membership


@contextmanager
def servers(place: Place) -> Iterator[None]:
    """PostgreSQL and Redis for the length of a block, named in the environment for the settings."""
    membership = borrow(place)
    try:
        yield
    finally:
        if membership is not None:
            membership.leave()
