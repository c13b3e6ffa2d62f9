"""Django on a few threads behind the event loop: whole requests go in, whole answers come out.

A thread is held for the work alone. What a slow client sends is gathered by the event loop, in a temporary file when
it is large, and what a client takes slowly is sent from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from a2wsgi.wsgi import build_environ

from puo_desk.kernel.http.uploads import body_cap

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

IN_MEMORY = 512 * 1024
PIECE = 64 * 1024
PAUSE_SECONDS = 60.0
"""For so long a sender may send nothing."""


class OnThreads:
    """A WSGI application as an ASGI one. A body without a length or beyond its cap stays unread: the application
    refuses it by its headers. What comes in chunks has no length, whatever it says beside them. Of large bodies as
    many are gathered at once as there are threads, so that strangers cannot fill the disk."""

    def __init__(self, application: Callable[..., Iterable[bytes]], *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")
        self._large = asyncio.Semaphore(threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        length = _length_of(scope["headers"])
        async with self._large if length > IN_MEMORY else nullcontext():
            try:
                body = await _gather(length, receive)
            except asyncio.IncompleteReadError:
                return
            except TimeoutError:
                await send({"type": "http.response.start", "status": 408, "headers": [(b"connection", b"close")]})
                await send({"type": "http.response.body"})
                return
            with body:
                environ: Any = build_environ(scope, body)  # type: ignore[arg-type]
                if "HTTP_TRANSFER_ENCODING" in environ:
                    environ.pop("CONTENT_LENGTH", None)
                answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._work, environ)
        await answer.send(send)

    def _work(self, environ: Any) -> _Answer:
        answer = _Answer()
        made = self._application(environ | {"wsgi.file_wrapper": _File}, answer.start)
        if not isinstance(made, _File):
            try:
                answer.pieces += made
            finally:
                getattr(made, "close", lambda: None)()
        elif environ["REQUEST_METHOD"] == "HEAD":
            made.close()
        else:
            answer.file = made
        return answer


def _length_of(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How many bytes of body are to be read; 0 when it is refused unread."""
    named = dict(headers)
    said = named.get(b"content-length", b"")
    length = int(said) if said.isdigit() and len(said) < 16 and b"transfer-encoding" not in named else 0
    return length if length <= body_cap(named.get(b"content-type", b"").decode("latin-1").lower()) else 0


async def _gather(length: int, receive: Receive) -> IO[bytes]:
    """The body of a request. Raises: IncompleteReadError when its sender goes away before the end, TimeoutError when
    nothing comes for long."""
    if not length:
        return BytesIO()
    with ExitStack() as kept:
        body: IO[bytes] = kept.enter_context(SpooledTemporaryFile(IN_MEMORY))
        more = True
        while more:
            async with asyncio.timeout(PAUSE_SECONDS):
                event = await receive()
            if event["type"] == "http.disconnect":
                raise asyncio.IncompleteReadError(b"", length)
            body.write(event.get("body", b""))
            more = event.get("more_body", False)
        body.seek(0)
        kept.pop_all()
        return body


class _File:
    """A file that is the answer, as WSGI lets an application hand one over."""

    def __init__(self, file: IO[bytes], _size: int = PIECE) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def read(self) -> bytes:
        return self._file.read(PIECE)

    def close(self) -> None:
        self._file.close()


class _Answer:
    """What the application answered, until it is sent."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.file: _File | None = None
        self._head: Event = {}

    def start(self, status: str, headers: Iterable[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
        """What WSGI calls ``start_response``."""
        # Django writes a cookie with a space before it.
        named = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": named}
        return self.pieces.append

    async def send(self, send: Send) -> None:
        if self.file is None:
            await send(self._head)
            await send({"type": "http.response.body", "body": b"".join(self.pieces)})
            return
        try:
            await send(self._head)
            while piece := await asyncio.to_thread(self.file.read):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            await asyncio.to_thread(self.file.close)
