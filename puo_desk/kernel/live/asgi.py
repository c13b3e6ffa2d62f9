"""``GET /live/?topics=a,b&since=MS``: a stream of server-sent events, served beside Django on the event loop.

``since`` is when the page was drawn, in milliseconds since 1970; ``Last-Event-ID``, which a browser sends when
it connects again, goes before it. What was told since then comes first, so nothing falls between a page and its
stream.
A stream costs a few kilobytes and holds neither a thread nor a database connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.http import parse_cookie

from puo_desk.kernel.live.hub import Hub, Stream, now_ms
from puo_desk.kernel.live.publish import channel
from puo_desk.kernel.live.sessions import find_listener, still_welcome
from puo_desk.kernel.live.topics import parse_topics
from puo_desk.kernel.text import has_forbidden_characters

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/live/"
PING_SECONDS = 25.0
HELLO = b"retry: 3000\n: hello\n\n"


class LiveApp:
    """The ASGI function in front of Django, and the hub of its process."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")
        self.hub = Hub(settings.REDIS_URL, channel(), still_welcome=still_welcome, pool=self._pool)

    async def startup(self) -> None:
        self.hub.start()

    async def shutdown(self) -> None:
        await self.hub.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            return await _refuse(send, 405, (b"allow", b"GET"))
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        topics = parse_topics(",".join(query.get("topics", [])))
        if topics is None:
            return await _refuse(send, 400)
        try:
            listener, allowed = await self._ask(_session_key(scope), topics)
        except Exception:
            log.exception("live_authentication_failed")
            return await _refuse(send, 503, (b"retry-after", b"5"))
        if listener is None:
            return await _refuse(send, 401)
        if not allowed:
            return await _refuse(send, 403)
        self.hub.start()
        stream = self.hub.open(listener, allowed, _since(scope, query))
        if stream is None:
            return await _refuse(send, 503, (b"retry-after", b"30"))
        try:
            await _run(stream, receive, send)
        finally:
            self.hub.close(stream)
        return None

    async def _ask(self, session_key: str, topics: list[str]) -> Any:
        if not session_key:
            return None, []
        return await asyncio.get_running_loop().run_in_executor(self._pool, find_listener, session_key, topics)


def _session_key(scope: Scope) -> str:
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return "" if has_forbidden_characters(key, lines=False) else key


def _since(scope: Scope, query: dict[str, list[str]]) -> int | None:
    """Up to when the page knows everything; None when it does not say so in a way we read."""
    last = b"".join(value for name, value in scope["headers"] if name == b"last-event-id").decode("latin-1")
    asked = last or "".join(query.get("since", []))
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 15 else None


def _ping() -> bytes:
    """No event, but an instant: a browser that connects again says that it knows everything up to here."""
    return f"id: {now_ms()}\n\n".encode()


async def _run(stream: Stream, receive: Receive, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/event-stream; charset=utf-8"),
                (b"cache-control", b"no-store"),
                (b"x-accel-buffering", b"no"),
                (b"x-content-type-options", b"nosniff"),
            ],
        }
    )
    await _write(send, HELLO)
    gone = asyncio.create_task(_until_gone(stream, receive))
    try:
        while not gone.done():
            try:
                event = await asyncio.wait_for(stream.queue.get(), PING_SECONDS)
            except TimeoutError:
                event = _ping()
            if event is None:
                break
            await _write(send, event)
        if not gone.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()


async def _until_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


async def _write(send: Send, event: bytes) -> None:
    await send({"type": "http.response.body", "body": event, "more_body": True})


async def _refuse(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", b"0"), (b"cache-control", b"no-store"), *headers],
        }
    )
    await send({"type": "http.response.body", "body": b""})
