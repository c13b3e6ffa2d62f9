"""Caps on what arrives: the body of a request, and each file while it is read, so that none is kept whole."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

from puo_desk.kernel.http.problems import UploadTooLarge

_FORM_OVERHEAD = 1_048_576
"""Room for the fields and boundaries of an upload beside its files."""


def body_cap(content_type: str) -> int:
    """How many bytes the body of a request of this type may have."""
    if content_type.startswith("multipart/"):
        return int(settings.UPLOAD_MAX_BYTES * settings.UPLOAD_MAX_FILES + _FORM_OVERHEAD)
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0


class CappedUploadHandler(FileUploadHandler):
    """Counts what passes on to the handlers after it. Raises: UploadTooLarge."""

    received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            raise UploadTooLarge("a file is over the cap")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Nothing: the handlers after this one keep the file."""
