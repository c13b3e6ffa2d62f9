"""A light load generator: one thread, keep-alive connections, requests made beforehand.

The clients share the machine with the servers, so what they cost themselves would count as the servers' slowness:
a response is read to its end and looked at no closer than its status and length.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


class UnexpectedAnswer(Exception):
    """A server answered with another status than the request is there for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as bytes, and the status that its answer must have."""

    bytes: bytes
    status: int = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """What a stretch of load found: answers per second, and how long they took in milliseconds."""

    rate: float
    p50: float
    p95: float
    answers: int


def request(method: str, path: str, *, headers: dict[str, str], body: bytes = b"", status: int = 200) -> Asked:
    """A request of HTTP/1.1."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {word}" for name, word in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return Asked("\r\n".join([*lines, "", ""]).encode() + body, status)


class _Connection:
    """One client: it sends the next request when it has the whole answer to the last one."""

    def __init__(self, port: int, requests: Iterator[Asked]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._received = bytearray()
        self._wanted = 0

    def send(self) -> None:
        self._asked = next(self._requests)
        self._received.clear()
        self._wanted = 0
        self.began = time.perf_counter()
        self.socket.sendall(self._asked.bytes)

    def receive(self) -> bool:
        """Read what is there; True when the answer is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise UnexpectedAnswer("the server closed the connection")
        self._received += part
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._wanted = end + 4 + _content_length(bytes(self._received[:end]))
        if len(self._received) < self._wanted:
            return False
        if int(self._received[9:12]) != self._asked.status:
            raise UnexpectedAnswer(self._asked.bytes[:120].decode() + " -> " + self._received[:1500].decode())
        return True


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n")[1:]:
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise UnexpectedAnswer("an answer without a length")


def put_load(ports: Sequence[int], requests: Sequence[Asked], *, clients: int, seconds: float) -> Measured:
    """Ask in turn with this many clients, spread evenly over the servers, for about so long.

    Raises: UnexpectedAnswer.
    """
    cycle = itertools.cycle(requests)
    connections = [_Connection(ports[number % len(ports)], cycle) for number in range(clients)]
    took: list[float] = []
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        began = time.perf_counter()
        end = began + seconds
        busy = len(connections)
        while busy:
            for key, _mask in selector.select(30):
                connection = key.data
                if not connection.receive():
                    continue
                now = time.perf_counter()
                took.append(now - connection.began)
                if now < end:
                    connection.send()
                else:
                    busy -= 1
                    selector.unregister(connection.socket)
        lasted = time.perf_counter() - began
    for connection in connections:
        connection.socket.close()
    took.sort()
    return Measured(len(took) / lasted, 1000 * _share(took, 0.5), 1000 * _share(took, 0.95), len(took))


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
