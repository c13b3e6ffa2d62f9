"""Django's PostgreSQL backend, which looks before it asks whether a kept connection still lives."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE  # type: ignore[import-untyped]


class DatabaseWrapper(base.DatabaseWrapper):
    """Health checks without a round trip: a server that goes away says so, or at least closes its end.

    Nothing to be read on a connection outside a transaction means that nothing happened to it. Anything else is
    looked into by asking, as Django does at every request.
    """

    def is_usable(self) -> bool:
        if self.connection.closed:
            return False
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return super().is_usable()
        idle = select.poll()
        idle.register(self.connection, select.POLLIN)
        return not idle.poll(0) or super().is_usable()
