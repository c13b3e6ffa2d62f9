"""A cap on each file while it arrives, so that a large one never reaches the disk whole."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

from puo_desk.kernel.http.problems import UploadTooLarge


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
