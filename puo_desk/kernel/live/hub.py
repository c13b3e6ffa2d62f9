"""The open streams of one web process, fed by one Redis subscription.

Everything here runs on the event loop, so that nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from puo_desk.kernel.live.sessions import Listener
from puo_desk.kernel.redis_link import REDIS_AWAY

log = structlog.get_logger(__name__)

QUEUE_LENGTH = 100
RECHECK_SECONDS = 4.0
RESUBSCRIBE_SECONDS = 1.0
MAX_STREAMS = 5_000
MAX_STREAMS_EACH = 20


def sse(topic: str, ids: Mapping[str, Any]) -> bytes:
    """One event as the browser reads it, named after its topic."""
    return f"event: {topic}\ndata: {json.dumps({'topic': topic, **ids})}\n\n".encode()


class Stream:
    """One open page. A page too slow for its events loses them all and is told to ask again."""

    __slots__ = ("ended", "listener", "queue", "topics")

    def __init__(self, listener: Listener, topics: Collection[str]) -> None:
        self.listener = listener
        self.topics = tuple(topics)
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_LENGTH)
        self.ended = False

    def put(self, event: bytes) -> None:
        if self.queue.full():
            self.resync()
        else:
            self.queue.put_nowait(event)

    def resync(self) -> None:
        """Something was missed: the page asks again for everything that it shows."""
        self._empty()
        self.queue.put_nowait(b"".join(sse(topic, {"polled": True}) for topic in self.topics))

    def end(self) -> None:
        """Close the page's stream; it may connect again and is then asked who it is."""
        self.ended = True
        self._empty()
        self.queue.put_nowait(None)

    def _empty(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Hub:
    """Hands events from Redis to the streams that listen to their topics."""

    def __init__(
        self,
        redis_url: str,
        channel: str,
        *,
        still_welcome: Callable[[Collection[Listener]], set[Listener]],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._redis_url = redis_url
        self._channel = channel
        self._still_welcome = still_welcome
        self._pool = pool
        self._by_topic: dict[str, set[Stream]] = defaultdict(set)
        self._streams: set[Stream] = set()
        self._per_user: Counter[Any] = Counter()
        self._tasks: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        return len(self._streams)

    def start(self) -> None:
        """Begin listening to Redis and looking after sessions; again is nothing."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._recheck())]

    async def stop(self) -> None:
        """End every stream."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for stream in list(self._streams):
            stream.end()

    def open(self, listener: Listener, topics: Collection[str]) -> Stream | None:
        """A new stream, or None when there are too many, here or of one person."""
        if len(self._streams) >= MAX_STREAMS or self._per_user[listener.user_id] >= MAX_STREAMS_EACH:
            return None
        stream = Stream(listener, topics)
        self._streams.add(stream)
        self._per_user[listener.user_id] += 1
        for topic in stream.topics:
            self._by_topic[topic].add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        if stream not in self._streams:
            return
        self._streams.discard(stream)
        self._per_user[stream.listener.user_id] -= 1
        if not self._per_user[stream.listener.user_id]:
            del self._per_user[stream.listener.user_id]
        for topic in stream.topics:
            self._by_topic[topic].discard(stream)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def deliver(self, message: bytes | str) -> None:
        """Hand one published message to whoever listens."""
        try:
            told = json.loads(message)
            topics, ids = list(told["topics"]), dict(told["ids"])
        except (ValueError, KeyError, TypeError):
            log.warning("live_message_unreadable")
            return
        for topic in topics:
            if streams := self._by_topic.get(topic):
                event = sse(topic, ids)
                for stream in streams:
                    stream.put(event)

    async def _listen(self) -> None:
        missed = False
        while True:
            try:
                await self._subscribe(missed)
            except REDIS_AWAY as error:
                if not missed:
                    log.warning("redis_away", by="hub", error=type(error).__name__)
            except Exception:
                log.exception("live_subscription_failed")
            missed = True
            await asyncio.sleep(RESUBSCRIBE_SECONDS)

    async def _subscribe(self, missed: bool) -> None:
        # A Unix socket has no keepalive, and its connection class refuses the option.
        keepalive = {} if self._redis_url.startswith("unix:") else {"socket_keepalive": True}
        link = redis.asyncio.Redis.from_url(
            self._redis_url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), **keepalive
        )
        try:
            async with link.pubsub() as subscription:
                await subscription.subscribe(self._channel)
                if missed:
                    log.info("redis_back", by="hub")
                    for stream in self._streams:
                        stream.resync()
                while True:
                    # A timeout, so that a peer that vanished without a word is noticed by the ping.
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=15)
                    if message is None:
                        await asyncio.wait_for(subscription.ping(), 5)
                    elif message["type"] == "message":
                        self.deliver(message["data"])
        finally:
            await link.aclose()

    async def _recheck(self) -> None:
        """End within seconds the streams of people whose session or rights have ended."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            listeners = {stream.listener for stream in self._streams}
            if not listeners:
                continue
            try:
                welcome = await loop.run_in_executor(self._pool, self._still_welcome, listeners)
            except Exception:
                # The database is away: nobody's rights can have changed there, so streams stay.
                log.warning("live_recheck_failed", exc_info=True)
                continue
            for stream in list(self._streams):
                if stream.listener in listeners and stream.listener not in welcome:
                    stream.end()
