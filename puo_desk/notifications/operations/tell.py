"""Telling people things: rows now, in the teller's transaction; delivery later, by whoever sweeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from puo_desk.notifications.extension import get_kind
from puo_desk.notifications.live import announce
from puo_desk.notifications.vocabulary import DIGEST_WINDOW, Channel

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class News:
    """One person to be told one thing. The fields are those of ``tell``."""

    recipient_id: int
    kind: str
    dedupe: str
    about: str = ""
    facts: Facts = field(default_factory=dict)
    url: str = ""
    supersedes_key: str = ""
    channels: tuple[Channel | str, ...] | None = None


def tell(
    recipients: Iterable[int],
    kind: str,
    *,
    dedupe: str,
    now: datetime,
    about: str = "",
    facts: Facts | None = None,
    url: str = "",
    supersedes_key: str = "",
    channels: Iterable[Channel | str] | None = None,
) -> int:
    """Tell each recipient (user ids) one thing, once for each ``dedupe`` key; returns the rows added.

    ``facts`` fill the tokens of the kind's words: text, numbers, and instants, which are shown in each
    reader's zone. ``url`` is a path of the desk. ``about`` names the subject ("ticket:123"). A row with
    the same ``supersedes_key`` that is not yet sent, or not yet read, gives way to this one. Inactive
    people are told nothing; people without an address get no mail. Nothing is sent here.

    Raises: LookupError for an unknown kind.
    """
    ways = None if channels is None else tuple(channels)
    told = facts or {}
    return tell_many(
        [
            News(recipient, kind, dedupe, about, told, url, supersedes_key, ways)
            for recipient in dict.fromkeys(recipients)
        ],
        now=now,
    )


_INSERT = """
WITH news AS (
    SELECT * FROM unnest(%(recipient)s::bigint[], %(channel)s::text[], %(kind)s::text[], %(dedupe)s::text[],
                         %(about)s::text[], %(facts)s::text[], %(url)s::text[], %(supersedes)s::text[],
                         %(urgent)s::boolean[])
        AS told(recipient_id, channel, kind, dedupe, about, facts, url, supersedes_key, urgent)
), heard AS (
    SELECT recipient_id, max(sent_at) AS at FROM notifications_notification
    WHERE channel = 'mail' AND recipient_id = ANY(%(recipient)s::bigint[]) AND sent_at > %(now)s - %(window)s
    GROUP BY recipient_id
)
INSERT INTO notifications_notification
    (recipient_id, channel, kind, dedupe, about, facts, url, supersedes_key,
     state, due_at, attempts, last_error, created_at)
SELECT news.recipient_id, news.channel, news.kind, news.dedupe, news.about, news.facts::jsonb, news.url,
       news.supersedes_key,
       CASE news.channel WHEN 'mail' THEN 'waiting' ELSE 'done' END,
       CASE WHEN news.channel = 'mail' AND NOT news.urgent AND heard.at IS NOT NULL
            THEN heard.at + %(window)s ELSE %(now)s END,
       0, '', %(now)s
FROM news
JOIN accounts_user person ON person.id = news.recipient_id AND person.is_active
LEFT JOIN heard ON heard.recipient_id = news.recipient_id
WHERE news.channel <> 'mail' OR (person.email <> '' AND NOT person.is_service)
ORDER BY news.recipient_id, news.channel, news.dedupe
ON CONFLICT (recipient_id, channel, dedupe) DO NOTHING
RETURNING id, recipient_id, channel
"""

# Looked up row by row, and changed by a list of keys: joined freely, a table of which PostgreSQL knows nothing yet was
# read once for each new row, and ten thousand people took it eight minutes.
_SUPERSEDE = """
UPDATE notifications_notification AS older
SET state = CASE older.channel WHEN 'mail' THEN 'stopped' ELSE older.state END,
    read_at = CASE older.channel WHEN 'mail' THEN older.read_at ELSE %(now)s END,
    last_error = CASE older.channel WHEN 'mail' THEN 'superseded' ELSE older.last_error END
WHERE older.id = ANY(ARRAY(
    SELECT found.id FROM notifications_notification AS newer CROSS JOIN LATERAL (
        SELECT same.id FROM notifications_notification AS same
        WHERE same.recipient_id = newer.recipient_id AND same.supersedes_key = newer.supersedes_key
          AND same.supersedes_key <> '' AND same.read_at IS NULL AND same.channel = newer.channel
          AND same.id < newer.id AND (same.channel = 'in_app' OR same.state = 'waiting')
        OFFSET 0
    ) AS found
    WHERE newer.id = ANY(%(added)s) AND newer.supersedes_key <> ''
))
"""


def tell_many(news: Sequence[News], *, now: datetime) -> int:
    """Tell many things at once with one insert, whatever their number; returns the rows added.

    Raises: LookupError for an unknown kind.
    """
    rows = [(told, Channel(way)) for told in news for way in _ways(told)]
    if not rows:
        return 0
    columns: dict[str, Any] = {
        "recipient": [told.recipient_id for told, _ in rows],
        "channel": [way.value for _, way in rows],
        "kind": [told.kind for told, _ in rows],
        "dedupe": [told.dedupe for told, _ in rows],
        "about": [told.about for told, _ in rows],
        "facts": _as_json(told for told, _ in rows),
        "url": [told.url for told, _ in rows],
        "supersedes": [told.supersedes_key for told, _ in rows],
        "urgent": [get_kind(told.kind).urgent for told, _ in rows],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        asked: dict[str, Any] = {**columns, "now": now, "window": DIGEST_WINDOW}
        cursor.execute(_INSERT, asked)
        added = cursor.fetchall()
        if added and any(columns["supersedes"]):
            cursor.execute(_SUPERSEDE, {"added": [row[0] for row in added], "now": now})
        announce({recipient for _, recipient, channel in added if channel == Channel.IN_APP})
    return len(added)


def _ways(told: News) -> Iterable[Channel | str]:
    kind = get_kind(told.kind)
    return kind.channels if told.channels is None else told.channels


def _as_json(news: Iterable[News]) -> list[str]:
    """The facts as JSON texts. One breach is told to thousands with the same facts: encoded once."""
    known: dict[int, str] = {}
    texts: list[str] = []
    for told in news:
        if id(told.facts) not in known:
            known[id(told.facts)] = encode_facts(told.facts)
        texts.append(known[id(told.facts)])
    return texts


def encode_facts(facts: Facts) -> str:
    """Facts as they are kept: instants as ``{"at": ...}``, so that each reader sees the own zone."""
    return json.dumps({name: _plain(value) for name, value in facts.items()}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float) else str(value)
