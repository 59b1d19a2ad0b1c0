"""How a request's file is taken in: in memory, never on disk."""

from __future__ import annotations

from io import BytesIO
from typing import IO

from flask import Request
from werkzeug.datastructures import FileStorage

from ser.errors import FileTooLarge, NoFile


class MemoryRequest(Request):
    """A request whose uploads stay in memory; Werkzeug would spool those over 500 kB to disk."""

    # Text fields are few and short; without a bound they could fill the whole body.
    max_form_parts = 16

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return BytesIO()


def read_upload(file: object, *, max_bytes: int) -> bytes:
    """Return the bytes of a form's file.

    Raises:
        NoFile: there is none, or it is empty.
        FileTooLarge: it has more than `max_bytes`.
    """
    # A field of mere text arrives as a string.
    if not isinstance(file, FileStorage):
        raise NoFile("Send the audio as a file in the multipart field 'file'.")
    content = file.stream.read(max_bytes + 1)
    if not content:
        raise NoFile("The field 'file' is empty.")
    if len(content) > max_bytes:
        raise FileTooLarge(f"At most {max_bytes // 1024**2} MB are taken.")
    return content
