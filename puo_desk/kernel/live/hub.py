"""The open streams of one web process, fed by one Redis subscription.

Everything here runs on the event loop, so that nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict, deque
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
REMEMBERED = 2_000
"""Messages kept for pages that were drawn, or lost their stream, a moment before they began to listen."""
SKEW_MS = 250
"""How far the clocks of two web hosts may differ: hearing twice costs a page a question, hearing nothing the truth."""


def now_ms() -> int:
    """Milliseconds since 1970: an event's id, and what a page names as the instant it was drawn."""
    return time.time_ns() // 1_000_000


def sse(topic: str, ids: Mapping[str, Any], at: int) -> bytes:
    """One event as the browser reads it, named after its topic."""
    return f"id: {at}\nevent: {topic}\ndata: {json.dumps({'topic': topic, **ids})}\n\n".encode()


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
        at = now_ms()
        self.queue.put_nowait(b"".join(sse(topic, {"polled": True}, at) for topic in self.topics))

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
        self._recent: deque[tuple[int, list[str], dict[str, Any]]] = deque(maxlen=REMEMBERED)
        self._heard_since: int | None = None

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

    def open(self, listener: Listener, topics: Collection[str], since: int | None = None) -> Stream | None:
        """A new stream, or None when there are too many, here or of one person.

        It begins with what was told after ``since`` (milliseconds since 1970), the instant up to which its page
        knows everything.
        """
        if len(self._streams) >= MAX_STREAMS or self._per_user[listener.user_id] >= MAX_STREAMS_EACH:
            return None
        stream = Stream(listener, topics)
        self._streams.add(stream)
        self._per_user[listener.user_id] += 1
        for topic in stream.topics:
            self._by_topic[topic].add(stream)
        if since is not None:
            self._catch_up(stream, since - SKEW_MS)
        return stream

    def _catch_up(self, stream: Stream, since: int) -> None:
        if self._heard_since is None:
            return  # Not subscribed: everybody is told to ask again as soon as it is.
        forgotten = len(self._recent) == REMEMBERED and self._recent[0][0] > since
        if forgotten or since < self._heard_since:
            stream.resync()
            return
        for at, topics, ids in self._recent:
            if at >= since:
                for topic in topics:
                    if topic in stream.topics:
                        stream.put(sse(topic, ids, at))

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
            lost = bool(told.get("lost"))
        except (ValueError, KeyError, TypeError):
            log.warning("live_message_unreadable")
            return
        if lost:
            self._begin()
        at = now_ms()
        self._recent.append((at, topics, ids))
        for topic in topics:
            if streams := self._by_topic.get(topic):
                event = sse(topic, ids, at)
                for stream in streams:
                    stream.put(event)

    def _begin(self) -> None:
        """From now on everything is heard; what was said before is not known."""
        self._recent.clear()
        self._heard_since = now_ms()
        for stream in self._streams:
            stream.resync()

    async def _listen(self) -> None:
        away = False
        while True:
            try:
                await self._subscribe(away)
            except REDIS_AWAY as error:
                if not away:
                    log.warning("redis_away", by="hub", error=type(error).__name__)
            except Exception:
                log.exception("live_subscription_failed")
            self._heard_since = None
            away = True
            await asyncio.sleep(RESUBSCRIBE_SECONDS)

    async def _subscribe(self, away: bool) -> None:
        # A Unix socket has no keepalive, and its connection class refuses the option.
        keepalive = {} if self._redis_url.startswith("unix:") else {"socket_keepalive": True}
        link = redis.asyncio.Redis.from_url(
            self._redis_url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), **keepalive
        )
        try:
            async with link.pubsub() as subscription:
                await subscription.subscribe(self._channel)
                while True:
                    # A timeout, so that a peer that vanished without a word is noticed by the ping.
                    message = await subscription.get_message(timeout=15)
                    if message is None:
                        await asyncio.wait_for(subscription.ping(), 5)
                    elif message["type"] == "subscribe":
                        if away:
                            log.info("redis_back", by="hub")
                        self._begin()
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
