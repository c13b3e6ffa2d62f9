"""The health checks of a deployment's containers: `python -m puo_desk.stack.healthy web`, or `tick NAME SECONDS`.

Liveness is progress: a worker is well when the tick that it works for came to its end lately, not when its
process is there. Without Django, because a check runs twice a minute in each container.
"""

import http.client
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit


def web() -> str:
    """What is wrong with the web process of this container; empty when it is ready."""
    line = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or "8000"), timeout=4)
    try:
        line.request("GET", "/readyz", headers={"Host": urlsplit(os.environ.get("DESK_URL", "")).netloc or "localhost"})
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        line.close()
    return "" if status == 200 else f"/readyz answers {status}"


def tick(name: str, seconds: str) -> str:
    """What is wrong with a tick; empty when it came to its end within the seconds, on database time."""
    import psycopg2  # type: ignore[import-untyped]

    try:
        connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=4)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM statement_timestamp() - beat_at) FROM kernel_heartbeat WHERE name = %s",
                [name],
            )
            found = cursor.fetchone()
        connection.close()
    except psycopg2.Error as error:
        return str(error).strip()
    if found is None:
        return f"{name} has never come to its end"
    return "" if found[0] <= float(seconds) else f"{name} last came to its end {found[0]:.0f} s ago"


def main(arguments: Sequence[str]) -> int:
    """Run one check: 0 when all is well, else 1 with the reason told."""
    match arguments:
        case ["web"]:
            wrong = web()
        case ["tick", name, seconds]:
            wrong = tick(name, seconds)
        case _:
            wrong = "unknown check: web, or tick NAME SECONDS"
    print(wrong or "well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
