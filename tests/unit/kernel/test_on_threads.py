"""Whole requests go to a thread and whole answers come from it, however slowly clients send and take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest

from puo_desk.kernel.http import on_threads
from puo_desk.kernel.http.on_threads import IN_MEMORY, PIECE, OnThreads

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("201 Created", [("Set-Cookie", " a=b"), ("X-Method", environ["REQUEST_METHOD"])])
    return [b"said ", environ["wsgi.input"].read()]


class Client:
    """One request as a server hands it on: its body in pieces, and what came back."""

    def __init__(self, *pieces: bytes, length: int | None = None, kind: str = "application/json") -> None:
        said = sum(map(len, pieces)) if length is None else length
        headers = [(b"content-length", str(said).encode()), (b"content-type", kind.encode())] if said >= 0 else []
        self.scope = {
            "type": "http", "method": "POST", "path": "/", "root_path": "", "query_string": b"", "scheme": "http",
            "http_version": "1.1", "headers": headers, "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self.pieces = list(pieces)
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.takes = asyncio.Event()
        self.takes.set()
        self.asked = 0
        self.got: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        await self.goes_on.wait()
        if not self.pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self.pieces.pop(0), "more_body": bool(self.pieces)}

    async def send(self, message: Any) -> None:
        self.got.append(message)
        await self.takes.wait()

    async def ask(self, app: OnThreads) -> tuple[int, bytes]:
        await app(self.scope, self.receive, self.send)
        return self.got[0]["status"], b"".join(message.get("body", b"") for message in self.got[1:])


def run(application: Application, scene: Callable[[OnThreads], Awaitable[None]]) -> None:
    async def play() -> None:
        await scene(OnThreads(application, threads=1))

    asyncio.run(play())


def test_a_request_comes_whole_and_an_answer_goes_whole() -> None:
    async def scene(app: OnThreads) -> None:
        client = Client(b"one ", b"two")
        assert await client.ask(app) == (201, b"said one two")
        assert client.got[0]["headers"] == [(b"set-cookie", b"a=b"), (b"x-method", b"POST")]

    run(echo, scene)


def test_a_body_larger_than_memory_arrives_whole() -> None:
    piece = bytes(range(256)) * 256

    async def scene(app: OnThreads) -> None:
        large = [piece] * (2 * IN_MEMORY // len(piece))
        assert await Client(*large, kind="multipart/form-data; boundary=x").ask(app) == (
            201,
            b"said " + b"".join(large),
        )

    run(echo, scene)


@pytest.mark.parametrize("way", ["goes_on", "takes"])
def test_who_sends_or_takes_slowly_holds_no_thread(way: str) -> None:
    async def scene(app: OnThreads) -> None:
        slow = Client(b"slow")
        ready: asyncio.Event = getattr(slow, way)
        ready.clear()
        waiting = asyncio.create_task(slow.ask(app))
        assert await Client(b"quick").ask(app) == (201, b"said quick")
        ready.set()
        assert await waiting == (201, b"said slow")

    run(echo, scene)


def test_as_many_large_bodies_are_gathered_as_there_are_threads() -> None:
    async def scene(app: OnThreads) -> None:
        large = [Client(b"x" * (IN_MEMORY + 1), kind="multipart/form-data") for _ in range(2)]
        for client in large:
            client.goes_on.clear()
        waiting = [asyncio.create_task(client.ask(app)) for client in large]
        assert await Client(b"small").ask(app) == (201, b"said small")
        assert [client.asked for client in large] == [1, 0]
        for client in large:
            client.goes_on.set()
        assert [status for status, _body in await asyncio.gather(*waiting)] == [201, 201]

    run(echo, scene)


def test_who_says_nothing_for_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_threads, "PAUSE_SECONDS", 0.01)

    async def scene(app: OnThreads) -> None:
        silent = Client(b"never")
        silent.goes_on.clear()
        assert await silent.ask(app) == (408, b"")

    run(echo, scene)


def test_a_file_is_sent_in_pieces_by_the_loop_and_closed() -> None:
    files: list[BytesIO] = []

    def download(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        files.append(BytesIO(b"x" * (2 * PIECE + 1)))
        made: Iterable[bytes] = environ["wsgi.file_wrapper"](files[-1], 4096)
        return made

    async def scene(app: OnThreads) -> None:
        slow, quick = Client(), Client()
        slow.takes.clear()
        waiting = asyncio.create_task(slow.ask(app))
        whole = (200, b"x" * (2 * PIECE + 1))
        assert await quick.ask(app) == whole, "a file that is taken slowly holds no thread"
        assert [len(message["body"]) for message in quick.got[1:-1]] == [PIECE, PIECE, 1]
        slow.takes.set()
        assert await waiting == whole
        head = Client()
        head.scope["method"] = "HEAD"
        assert await head.ask(app) == (200, b"")

    run(download, scene)
    assert [file.closed for file in files] == [True, True, True]


@pytest.mark.parametrize("client", [{"length": 10**9}, {"length": -1}])
def test_what_is_refused_by_its_headers_is_not_read(client: dict[str, int]) -> None:
    async def scene(app: OnThreads) -> None:
        refused = Client(b"never read", **client)
        assert await refused.ask(app) == (201, b"said ")
        assert refused.asked == 0

    run(echo, scene)


def test_what_comes_in_chunks_has_no_length_whatever_it_says() -> None:
    lengths = []

    def note(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        lengths.append(environ.get("CONTENT_LENGTH"))
        return echo(environ, start)

    async def scene(app: OnThreads) -> None:
        endless = Client(b"{}", b"as much as it likes", length=2)
        endless.scope["headers"].append((b"transfer-encoding", b"chunked"))  # type: ignore[attr-defined]
        assert await endless.ask(app) == (201, b"said ")
        assert (endless.asked, lengths) == (0, [None]), "neither kept on the disk nor taken for a request of two bytes"

    run(note, scene)


def test_a_request_that_breaks_off_is_no_request() -> None:
    asked = []

    def note(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        asked.append(environ)
        return echo(environ, start)

    async def scene(app: OnThreads) -> None:
        client = Client(length=10)
        await app(client.scope, client.receive, client.send)
        assert (client.got, asked) == ([], [])

    run(note, scene)


def test_what_an_application_opened_is_closed_when_it_fails() -> None:
    closed = []

    class Failing:
        def __iter__(self) -> Iterator[bytes]:
            raise ValueError("broken")

        def close(self) -> None:
            closed.append(True)

    async def scene(app: OnThreads) -> None:
        with pytest.raises(ValueError, match="broken"):
            await Client(b"").ask(app)

    run(lambda _environ, _start: Failing(), scene)
    assert closed == [True]
