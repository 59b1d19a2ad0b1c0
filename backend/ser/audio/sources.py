"""Where the bytes of a file come from."""

from __future__ import annotations

from typing import Protocol


class Readable(Protocol):
    """Bytes that arrive in order."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, waiting for at least one; none at the end."""


class SeekableFile(Protocol):
    """Bytes that can be read anywhere."""

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to an offset, and return it."""

    def tell(self) -> int:
        """Return the offset."""


class Arriving:
    """Counts the bytes of a source that can be read only once, and keeps its head and its last ones.

    Args:
        source: the bytes.
        head_bytes: so many are read at once; `read` returns them again.
        tail_bytes: so many of those read last are kept.

    Attributes:
        head: the first bytes.
        tail: those read last.
        count: how many were read.
    """

    def __init__(self, source: Readable, *, head_bytes: int, tail_bytes: int) -> None:
        self.count = 0
        self.tail = b""
        self.head = b""
        self._source = source
        self._tail_bytes = tail_bytes
        self._fault: Exception | None = None
        while len(self.head) < head_bytes and (more := source.read(head_bytes - len(self.head))):
            self.head += more
        self._rest = self.head

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end."""
        if self._rest:
            content, self._rest = self._rest[:size], self._rest[size:]
        else:
            try:
                content = self._source.read(size)
            except Exception as error:
                # FFmpeg takes it for the end of the file.
                self._fault = error
                raise
        self.count += len(content)
        self.tail = (self.tail + content)[-self._tail_bytes :]
        return content

    def raise_fault(self) -> None:
        """Raise what the source raised while it was read."""
        if self._fault:
            raise self._fault
