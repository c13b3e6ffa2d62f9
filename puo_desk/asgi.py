"""The web process: live streams on the event loop, Django behind them on a few threads, and the auditor.

Threads that stay keep their database connections, which is what makes a page fast here. The auditor lives here
unless the deployment runs it as a process of its own (``WEB_AUDITS``).

Importing this module loads whatever a request needs and opens nothing: web processes are forked from one that has
imported it (``stack/serve.py``). Connections, threads and the auditor begin with the first event of each.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote_from_bytes

from django.conf import settings
from django.template import engines
from django.urls import get_resolver

from puo_desk.wsgi import application as django_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")

from puo_desk.kernel.auditor import AuditorThread
from puo_desk.kernel.http.on_threads import OnThreads
from puo_desk.kernel.live.asgi import PATH, LiveApp, Receive, Scope, Send

_ASCII = bytes(range(33, 127))

live = LiveApp()
auditor = AuditorThread()
pages = OnThreads(django_application, threads=settings.WEB_THREADS)
# All views and template tags, which Django would leave to the first request of each process.
get_resolver().reverse_dict  # noqa: B018
engines.all()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == PATH:
        await live(scope, receive, send)
    else:
        await pages(_plain(scope), receive, send)


def _plain(scope: Any) -> Any:
    """The request as WSGI can take it: an ASCII query, and no header that could pass for another one."""
    if scope["type"] == "http":
        scope["query_string"] = quote_from_bytes(scope["query_string"], safe=_ASCII).encode()
        scope["headers"] = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    return scope


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await live.startup()
            if settings.WEB_AUDITS:
                auditor.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            auditor.stop()
            await live.shutdown()
            await send({"type": "lifespan.shutdown.complete"})
            return
