"""The same write asked for twice happens once (promise P2).

The answer is kept in the transaction of the effect. So there are only two states anybody can see: not
there, or done with its answer; "still running" is an advisory lock, which ends with the process that
holds it. Normal cost: one statement before the effect, one after.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from puo_desk.kernel.errors import DomainError, InvalidInput

P = ParamSpec("P")
View = TypeVar("View")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
RETRY_AFTER = 1
KEPT_HEADERS = ("Location", "ETag")
_KEY = re.compile(r"[!-~]{1,255}")
PURGE_AT_ONCE = 5_000


class KeyReused(DomainError):
    """The key named another write before."""

    code = "idempotency_key_reused"
    http_status = 422
    message = _("This idempotency key was used for another request. Use a new key for a new write.")


class StillRunning(DomainError):
    """The first request with this key has not ended."""

    code = "still_running"
    http_status = 409
    message = _("The first request with this key is still running. Send the same again in a moment.")


class _AnsweredMeanwhile(Exception):
    """Another request with the key was done between the look and the lock: undo ours and replay its
    answer.
    """


@dataclass(frozen=True, slots=True)
class Write:
    """A write as its caller named it."""

    actor_key: str
    key: str
    target: str
    body_hash: str

    @property
    def lock(self) -> int:
        digest = hashlib.sha256(f"{self.actor_key}\0{self.key}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the first request was told, to the byte."""

    status: int
    headers: dict[str, str]
    body: bytes


def idempotent(
    view: Callable[Concatenate[View, Request, P], Response],
) -> Callable[Concatenate[View, Request, P], HttpResponseBase]:
    """Let callers of a DRF ``post`` (or ``create``, or action) name the write with ``Idempotency-Key``.

    Answers below 400 are kept for ``IDEMPOTENCY_HOURS``. A refusal is an exception: it undoes the
    transaction, is not kept, and the key stays free. Without the header, or for a stranger, the view runs
    as it is. The view must do its work in the database alone; what follows outside belongs in ``on_commit``.

    Raises: KeyReused, StillRunning, InvalidInput.
    """

    @wraps(view)
    def once(self: View, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        write = write_of(request)
        if write is None:
            return view(self, request, *args, **kwargs)
        try:
            with transaction.atomic():
                kept = begin(write)
                if kept is not None:
                    return _replay(kept)
                response = view(self, request, *args, **kwargs)
                answer = KeptAnswer(response.status_code, _kept_headers(response), _body(response))
                if answer.status < 400 and not keep(write, answer):
                    raise _AnsweredMeanwhile
                return _first(answer, response)
        except _AnsweredMeanwhile:
            with transaction.atomic():
                kept = begin(write)
            if kept is None:
                raise StillRunning(retry_after=RETRY_AFTER) from None
            return _replay(kept)

    once.is_idempotent = True  # type: ignore[attr-defined]
    return once


def write_of(request: Request) -> Write | None:
    """The write that the caller named; None when it has no name or the caller none."""
    key = request.headers.get(HEADER)
    actor = getattr(request, "actor", None)
    if key is None or actor is None:
        return None
    if not _KEY.fullmatch(key):
        raise InvalidInput({HEADER: [_("A key is 1 to 255 visible ASCII characters.")]})
    return Write(
        actor_key=f"{actor.kind}:{actor.user_id or actor.label}"[:64],
        key=key,
        target=f"{request.method} {request.path}"[:300],
        body_hash=hash_of(request.data),
    )


def hash_of(body: Any) -> str:
    """SHA-256 over what was sent, the order of keys and the boundaries of a form apart."""
    digest = hashlib.sha256()
    for part in _parts(body):
        digest.update(part)
    return digest.hexdigest()


def _parts(body: Any) -> Iterable[bytes]:
    if not hasattr(body, "lists"):
        yield json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        return
    for name, values in sorted(body.lists()):
        for value in values:
            yield json.dumps([name, None if isinstance(value, UploadedFile) else value]).encode()
            if isinstance(value, UploadedFile):
                yield json.dumps([value.name, value.size]).encode()
                yield from value.chunks()
                value.seek(0)


def begin(write: Write) -> KeptAnswer | None:
    """Take the key for this transaction, or return the answer it already has. One statement.

    Raises: StillRunning when another transaction holds it; KeyReused when it named another write.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT mine.taken, k.target, k.body_hash, k.status, k.headers, k.body
              FROM (SELECT pg_try_advisory_xact_lock(%s) AS taken) mine
              LEFT JOIN kernel_idempotencykey k
                ON k.actor_key = %s AND k.key = %s AND k.expires_at > statement_timestamp()
            """,
            [write.lock, write.actor_key, write.key],
        )
        taken, target, body_hash, status, headers, body = cursor.fetchone()
    if target is not None:
        if (target, body_hash) != (write.target, write.body_hash):
            raise KeyReused
        return KeptAnswer(status, json.loads(headers) if isinstance(headers, str) else headers, bytes(body))
    if not taken:
        raise StillRunning(retry_after=RETRY_AFTER)
    return None


def keep(write: Write, answer: KeptAnswer) -> bool:
    """Keep the answer with the effect; False when the key got an answer meanwhile. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_idempotencykey AS k
                   (actor_key, key, target, body_hash, status, headers, body, created_at, expires_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, statement_timestamp(),
                    statement_timestamp() + make_interval(hours => %s))
            ON CONFLICT (actor_key, key) DO UPDATE
               SET target = excluded.target, body_hash = excluded.body_hash, status = excluded.status,
                   headers = excluded.headers, body = excluded.body,
                   created_at = excluded.created_at, expires_at = excluded.expires_at
             WHERE k.expires_at <= statement_timestamp()
            """,
            [
                write.actor_key,
                write.key,
                write.target,
                write.body_hash,
                answer.status,
                json.dumps(answer.headers),
                answer.body,
                settings.IDEMPOTENCY_HOURS,
            ],
        )
        return bool(cursor.rowcount == 1)


def purge_expired(*, limit: int = PURGE_AT_ONCE) -> int:
    """Forget answers past their time, at most ``limit`` of them; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM kernel_idempotencykey WHERE id IN (
                SELECT id FROM kernel_idempotencykey WHERE expires_at <= statement_timestamp()
                 ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
            """,
            [limit],
        )
        return int(cursor.rowcount)


def _kept_headers(response: HttpResponseBase) -> dict[str, str]:
    return {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}


def _body(response: Response) -> bytes:
    return b"" if response.data is None else JSONRenderer().render(response.data)


def _answer(answer: KeptAnswer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    if answer.body:
        response.headers["Content-Type"] = "application/json"
    else:
        del response.headers["Content-Type"]
    return response


def _first(answer: KeptAnswer, told: Response) -> HttpResponse:
    response = _answer(answer)
    response.data = told.data  # type: ignore[attr-defined]
    return response


def _replay(answer: KeptAnswer) -> HttpResponse:
    response = _answer(answer)
    response.headers[REPLAYED] = "true"
    return response
