"""Keeping the files that come with messages."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.events import About, record_at_desk
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput
from puo_desk.kernel.text import normalise_text
from tickets.models import Attachment, Message
from tickets.rules.files import sniff_content_type

SNIFFED_BYTES = 512
UPLOADED = "file.uploaded"
DISCARDED = "file.discarded"
_SUBJECT = "tickets.attachment"


class FileTooLarge(DomainError):
    code = "file_too_large"
    http_status = 413
    message = _("This file is too large. Ten megabytes are the limit.")


def storage_path(key: UUID) -> str:
    """Where a file lies in the storage: nothing of its name, and not all in one folder."""
    return f"attachments/{key.hex[:2]}/{key.hex}"


def store_upload(*, file: UploadedFile, actor: Actor, now: datetime) -> Attachment:
    """Keep an uploaded file until its message is sent. Only the uploader sees it until then.

    The type is sniffed from the content; what is not on the allow-list is kept as a plain download.
    Emits: file.uploaded. Raises: FileTooLarge, InvalidInput for an empty file.
    """
    size = file.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        raise FileTooLarge(limit=settings.UPLOAD_MAX_BYTES)
    if size == 0:
        raise InvalidInput({"file": [_("This file is empty.")]})
    digest, head = hashlib.sha256(), b""
    for block in file.chunks():
        digest.update(block)
        head = head or block[:SNIFFED_BYTES]
    key = uuid.uuid4()
    default_storage.save(storage_path(key), file)
    with transaction.atomic():
        kept = Attachment.objects.create(
            uploader_id=actor.user_id,
            key=key,
            file_name=_safe_name(file.name or ""),
            content_type=sniff_content_type(head),
            size=size,
            sha256=digest.hexdigest(),
            created_at=now,
        )
        facts = {name: [None, value] for name, value in _facts(kept).items()}
        record_at_desk(UPLOADED, [About(_SUBJECT, key, kept.file_name, facts)], actor=actor, now=now)
    return kept


def _facts(file: Attachment) -> dict[str, Any]:
    return {"content_type": file.content_type, "size": file.size, "sha256": file.sha256, "uploader": file.uploader_id}


def _record_discard(files: Sequence[Attachment], *, actor: Actor, now: datetime) -> None:
    gone = [
        About(_SUBJECT, file.key, file.file_name, {name: [value, None] for name, value in _facts(file).items()})
        for file in files
    ]
    record_at_desk(DISCARDED, gone, actor=actor, now=now)


_TURNS_TEXT = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Characters that are not seen but turn the text around them: by them annexe.txt is read where exe stands."""


def _safe_name(file_name: str) -> str:
    name = _TURNS_TEXT.sub("", normalise_text(file_name)).replace("\n", " ").replace("\t", " ")
    return name.replace("\\", "/").rsplit("/", 1)[-1].strip()[-200:] or "file"


def claim_files(message: Message, *, keys: Sequence[UUID], field_keys: Mapping[str, UUID], actor: Actor) -> None:
    """Hang the actor's uploads on a message. Raises: InvalidInput for a file that is not the actor's to send."""
    field_of = {key: field for field, key in field_keys.items()}
    wanted = list(dict.fromkeys([*keys, *field_of]))
    if not wanted:
        return
    if len(wanted) > settings.UPLOAD_MAX_FILES:
        raise InvalidInput({"files": [_("At most %(limit)d files at once.") % {"limit": settings.UPLOAD_MAX_FILES}]})
    files = list(Attachment.objects.select_for_update().filter(key__in=wanted, message=None, uploader_id=actor.user_id))
    if len(files) != len(wanted):
        raise InvalidInput({"files": [_("A file is missing or was sent already. Attach it again.")]})
    for file in files:
        file.message, file.field_key = message, field_of.get(file.key, "")
    Attachment.objects.bulk_update(files, ["message", "field_key"])


def purge_unsent_files(*, before: datetime, now: datetime, limit: int = 500) -> int:
    """Delete uploads that were never sent; the number of files that went. Emits: file.discarded for each."""
    with transaction.atomic():
        stale = list(
            Attachment.objects.select_for_update(skip_locked=True).filter(message=None, created_at__lt=before)[:limit]
        )
        _record_discard(stale, actor=Actor.system("unsent-files"), now=now)
        Attachment.objects.filter(pk__in=[file.pk for file in stale]).delete()
    for file in stale:
        default_storage.delete(storage_path(file.key))
    return len(stale)
