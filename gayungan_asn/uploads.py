"""Receiving files: nothing past the limit is kept, and a full disk is no server error."""

import errno
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

TOO_BIG = "too_big"
STORAGE = "storage"


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes to a temporary file piece by piece, so that memory stays flat.

    A file past `UPLOAD_LIMIT`, or one the disk has no room for, is dropped; the request
    then carries `upload_refusal` and the page says why. A broken-off upload leaves
    nothing behind.
    """

    received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.received = 0
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_LIMIT:
            self._refuse(TOO_BIG)
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self._refuse(STORAGE)

    def _refuse(self, why: str) -> None:
        if self.request is not None:
            self.request.upload_refusal = why  # type: ignore[attr-defined]
        raise SkipFile
