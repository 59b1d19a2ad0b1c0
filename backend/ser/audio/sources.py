"""Where the bytes of a file come from."""

from __future__ import annotations

import io
from bisect import bisect_right
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


class ChunkedFile:
    """All bytes of a source, kept once, in the chunks in which they came; it can be read anywhere.

    Args:
        source: it is read to its end.
        chunk_bytes: read at once, at most.
    """

    def __init__(self, source: Readable, *, chunk_bytes: int) -> None:
        self._chunks: list[bytes] = []
        # Where each chunk begins, and after the last one, the size.
        self._starts = [0]
        self._at = 0
        while chunk := source.read(chunk_bytes):
            self._chunks.append(chunk)
            self._starts.append(self._starts[-1] + len(chunk))

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes; all that are left without it."""
        end = self._starts[-1] if size < 0 else min(self._at + size, self._starts[-1])
        parts: list[bytes] = []
        number = bisect_right(self._starts, self._at) - 1
        while self._at < end:
            start = self._starts[number]
            parts.append(self._chunks[number][self._at - start : end - start])
            self._at += len(parts[-1])
            number += 1
        return b"".join(parts)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to an offset, and return it.

        Raises:
            ValueError: it would be negative.
        """
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the offset."""
        return self._at
