"""A multipart form that is read while it arrives, so that its file can be decoded meanwhile."""

from __future__ import annotations

import select
import socket
from collections import deque
from types import TracebackType
from typing import Self

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ser.api.client_socket import STEP_BYTES
from ser.api.forms import (
    CHOICES,
    FLAGS,
    MAX_PARTS,
    MULTIPART_SLACK_BYTES,
    SOCKET,
    baseline_as_file,
    boundary_of,
    flag_as_file,
    text_as_file,
    too_large,
    too_many_parts,
)
from ser.errors import InvalidRequest, NoFile, RequestTimeout
from ser.limits import MAX_TEXT_BYTES

READ_AHEAD_BYTES = 32 * 1024**2
_MAX_HEADER_BYTES = 64 * 1024


class StreamedForm:
    """The form of a request: text fields and one file. Only the unread part of the file is kept.

    Fields that come after the file are known in time only if the file has at most `READ_AHEAD_BYTES`.
    Use it as a context manager, from `open_file` on.

    Args:
        request: its body must be unread.
        max_bytes: the largest file, in bytes.

    Attributes:
        sent: name -> the values of the text fields of that name so far, in their order.
        complete: whether the whole form has arrived.
    """

    def __init__(self, request: Request, *, max_bytes: int) -> None:
        boundary = boundary_of(request)
        if not boundary:
            raise _no_file()
        request.max_content_length = max_bytes + MULTIPART_SLACK_BYTES
        self.sent: dict[str, list[str]] = {}
        self.complete = False
        self._max_bytes = max_bytes
        self._expected_bytes = request.content_length
        self._arrived_bytes = self._file_bytes = 0
        self._body = request.stream
        self._socket: socket.socket | None = request.environ.get(SOCKET)
        self._decoder = MultipartDecoder(boundary, max_parts=MAX_PARTS)
        self._part: File | Field | None = None
        self._text = b""
        self._has_file = self._file_ended = False
        self._content: deque[bytes] = deque()
        self._content_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._content.clear()

    @property
    def fields(self) -> dict[str, str]:
        """The text fields so far; of fields with the same name, the last counts."""
        return {name: values[-1] for name, values in self.sent.items()}

    @property
    def size_bytes(self) -> int | None:
        """About how large the file is, in bytes; None if the request does not say."""
        return self._expected_bytes

    def open_file(self) -> None:
        """Read the file's first `READ_AHEAD_BYTES`, or the whole form where it has less.

        Raises:
            NoFile: there is none.
            InvalidRequest: the form is malformed, or its other parts are too many or too large.
            FileTooLarge: the file is too large.
            RequestTimeout: the form stopped arriving.
        """
        while not self.complete and self._content_bytes < READ_AHEAD_BYTES:
            self._receive()
        if not self._content:
            raise NoFile("The field 'file' is empty.") if self._has_file else _no_file()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of the file; none at its end. Raises as `open_file`."""
        while not (self._content or self._file_ended or self.complete):
            self._receive()
        # Take in what has arrived already: a page reads no answer before it has sent everything.
        while not self.complete and self._content_bytes < READ_AHEAD_BYTES and self._more_is_there():
            self._receive()
        found: list[bytes] = []
        while self._content and size:
            chunk = self._content.popleft()
            if len(chunk) > size:
                self._content.appendleft(chunk[size:])
                chunk = chunk[:size]
            size -= len(chunk)
            found.append(chunk)
        content = b"".join(found)
        self._content_bytes -= len(content)
        return content

    def finish(self) -> None:
        """Read to the end of the form, without keeping any more of the file. Raises as `open_file`."""
        while not self.complete:
            self._receive()
            self._content.clear()
            self._content_bytes = 0

    def client_is_gone(self) -> bool:
        """Return whether the client has hung up."""
        if self._socket is None:
            return False
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _more_is_there(self) -> bool:
        if self._socket is None:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def _receive(self) -> None:
        try:
            data = self._body.read(STEP_BYTES)
        except ClientDisconnected as error:
            raise _stopped() from error
        except RequestEntityTooLarge as error:
            raise too_large(self._max_bytes) from error
        self._arrived_bytes += len(data)
        if not data and self._arrived_bytes < (self._expected_bytes or 0):
            raise _stopped()
        try:
            self._decoder.receive_data(data or None)
            while not isinstance(event := self._decoder.next_event(), NeedData):
                self._take(event)
                if self.complete:
                    break
        except (ValueError, AttributeError) as error:
            # The decoder has no error of its own for a part that does not begin with a line break.
            raise InvalidRequest("The multipart form is malformed, or has no end.") from error
        except RequestEntityTooLarge as error:
            raise too_many_parts(MAX_PARTS, MAX_TEXT_BYTES) from error
        if len(self._decoder.buffer) > _MAX_HEADER_BYTES + STEP_BYTES:
            raise too_many_parts(MAX_PARTS, MAX_TEXT_BYTES)

    def _take(self, event: object) -> None:
        if isinstance(event, File | Field):
            self._part, self._text = event, b""
            if isinstance(event, File) and event.name == "baseline":
                raise baseline_as_file()
            if isinstance(event, File) and event.name in FLAGS:
                raise flag_as_file(event.name)
            if isinstance(event, File) and event.name in CHOICES:
                raise text_as_file(event.name)
        elif isinstance(event, Data):
            if isinstance(self._part, File):
                self._take_content(event, self._part)
            elif isinstance(self._part, Field):
                self._take_text(event, self._part)
        elif isinstance(event, Epilogue):
            self.complete = True

    def _take_content(self, event: Data, part: File) -> None:
        if part.name != "file" or self._file_ended:
            return
        self._has_file = True
        self._file_ended = not event.more_data
        self._file_bytes += len(event.data)
        if self._file_bytes > self._max_bytes:
            raise too_large(self._max_bytes)
        if event.data:
            self._content.append(event.data)
            self._content_bytes += len(event.data)

    def _take_text(self, event: Data, part: Field) -> None:
        self._text += event.data
        if len(self._text) > MAX_TEXT_BYTES:
            raise too_many_parts(MAX_PARTS, MAX_TEXT_BYTES)
        if not event.more_data:
            self.sent.setdefault(part.name, []).append(self._text.decode("utf-8", "replace"))


def _no_file() -> NoFile:
    return NoFile("Send the audio as a file in the multipart field 'file'.")


def _stopped() -> RequestTimeout:
    return RequestTimeout("The body of the request stopped arriving, or arrived too slowly.")
