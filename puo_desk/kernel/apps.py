from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

PLANNING = {
    # A page joins a ticket with seven tables by their keys. Trying every order of them took PostgreSQL 10 ms, each
    # time anew, to find the order that was written; reading the rows took 0.2 ms.
    "join_collapse_limit": "4",
    # Many people ask at once: a statement that takes the other core from them is done no sooner for anybody.
    "max_parallel_workers_per_gather": "0",
}
_SET = f"SELECT {', '.join(['set_config(%s, %s, false)'] * len(PLANNING))}"


class KernelConfig(AppConfig):
    name = "puo_desk.kernel"
    label = "kernel"

    def ready(self) -> None:
        connection_created.connect(_keep_plans_cheap, dispatch_uid="kernel.keep_plans_cheap")


def _keep_plans_cheap(*, connection: Any, **_kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET, [part for setting in PLANNING.items() for part in setting])
