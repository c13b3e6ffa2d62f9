"""Files: kept before they are sent, given out to those who see their message."""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from tickets.operations.attachments import storage_path, store_upload
from tickets.queries.conversation import find_attachment
from tickets.rules.files import DOWNLOAD_ONLY, shows_inline


def file_response(key: UUID, *, viewer: Actor) -> FileResponse:
    """The file, for who may see its message. Only images are shown in place, and never those of sensitive categories.

    Raises: NotFound.
    """
    file = find_attachment(key, viewer=viewer)
    category = file.message.ticket.category if file.message else None
    inline = shows_inline(file.content_type) and not (category and category.is_sensitive)
    response = FileResponse(
        default_storage.open(storage_path(file.key)),
        as_attachment=not inline,
        filename=file.file_name,
        content_type=file.content_type if inline else DOWNLOAD_ONLY,
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@page("ticket.view")
@require_safe
def attachment(request: ReaderRequest, key: UUID) -> HttpResponse:
    return file_response(key, viewer=request.actor)  # type: ignore[return-value]


@page("ticket.open")
@require_POST
def upload(request: ReaderRequest) -> HttpResponse:
    """Keep one file for a message to come; answers its key, name and size."""
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput({"file": [_("Choose a file.")]})
    stored = store_upload(file=file, actor=request.actor, now=timezone.now())
    return JsonResponse({"key": str(stored.key), "file_name": stored.file_name, "size": stored.size}, status=201)
