"""Remote files through fsspec: opened to be read once, in order, and failures without what is secret."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Any

import fsspec
from fsspec.asyn import sync
from fsspec.exceptions import FSTimeoutError

from ser.audio.sources import Readable
from ser.batch.addresses import REMOTE, protocol_of, without_secrets
from ser.batch.errors import BatchError
from ser.errors import FileTooLarge

# Of an object store, so much is read at once.
_BLOCK_BYTES = 4 * 2**20
_CONNECT_S, _SILENT_S = 30, 60
# How long one file may be waited for: so long, a second more for each of so many bytes, and never longer than
# the last. What is computed meanwhile does not count.
_SLOW_S, _MIN_BYTES_PER_S = 120.0, 5_000
_TOTAL_S = 3 * 3600
NO_SUCH_FILE = "No such file"
_PACKAGES = {"gs": "gcsfs", "s3": "s3fs", "http": "aiohttp", "https": "aiohttp"}
# What stores call that which tells whether an object is still the same.
_STATE = ("ETag", "etag", "LastModified", "updated", "mtime", "size")


class TooSlow(OSError):
    """A server sends so little that its file would take for ever."""


class Limited:
    """Bytes of a remote file, up to a number of them, and not slower than they may be.

    Args:
        loop: of the file system.
        read: returns up to so many bytes, and none at the end; it runs in the loop.
        max_bytes: reading more fails.
        at_once: how many bytes it may wait for although fewer are asked for.
    """

    def __init__(
        self, loop: Any, read: Callable[[int], Awaitable[bytes]], max_bytes: int, at_once: int = 0
    ) -> None:
        self._loop, self._read, self._max_bytes, self._at_once = loop, read, max_bytes, at_once
        self._count, self._waited_s = 0, 0.0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end.

        Raises:
            FileTooLarge: there are more than there may be.
            TooSlow: they come too slowly.
        """
        began_s = time.monotonic()
        try:
            content: bytes = sync(
                self._loop, self._read, size, timeout=self._left_s(max(size, self._at_once))
            )
        except FSTimeoutError as error:
            raise self._too_slow(began_s) from error
        self._waited_s += time.monotonic() - began_s
        self._count += len(content)
        if self._count > self._max_bytes:
            raise FileTooLarge(f"At most {self._max_bytes:,} bytes of a remote file are read.")
        if self._left_s() <= 0:
            raise self._too_slow()
        return content

    def _left_s(self, further: int = 0) -> float:
        """Return how long may still be waited, if so many further bytes come."""
        return min(_SLOW_S + (self._count + further) / _MIN_BYTES_PER_S, _TOTAL_S) - self._waited_s

    def _too_slow(self, began_s: float | None = None) -> TooSlow:
        waited_s = self._waited_s + (0.0 if began_s is None else time.monotonic() - began_s)
        return TooSlow(
            f"Only {self._count:,} bytes came in {waited_s:.0f} s; {_SLOW_S:g} s are waited, and 1 s more "
            f"for each {_MIN_BYTES_PER_S:,} bytes"
        )


class _Object:
    """An object of a store, which is read in blocks.

    `open` of fsspec waits for a block for ever.

    Args:
        files: the store.
        address: of the object.
    """

    def __init__(self, files: Any, address: str) -> None:
        self._files, self._path = files, files._strip_protocol(address)
        self._known: dict[str, Any] | None = None
        # Of the object, so much is in blocks that were read; of the last block, some is left.
        self._at, self._block = 0, BytesIO()

    async def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end.

        Raises:
            OSError: the object was replaced meanwhile.
            Exception: it cannot be read.
        """
        if content := self._block.read(size):
            return content
        if self._known is None:
            self._known = await self._files._info(self._path)
            if self._known["type"] == "directory":
                raise IsADirectoryError(self._path)
        end = min(self._at + _BLOCK_BYTES, self._known["size"])
        if self._at < end:
            self._block = BytesIO(await self._files._cat_file(self._path, start=self._at, end=end))
            if 0 < self._at < end == self._known["size"]:
                await self._require_same(self._known)
            self._at = end
        return self._block.read(size)

    async def _require_same(self, known: dict[str, Any]) -> None:
        self._files.invalidate_cache(self._path)
        now = await self._files._info(self._path)
        if any(known.get(name) != now.get(name) for name in _STATE):
            raise OSError("It was replaced while it was read")


def file_system(address: str) -> Any:
    """Return the file system of a remote address.

    Raises:
        BatchError: its protocol is not one that we read, or a package for it is not installed.
    """
    protocol = protocol_of(address)
    if protocol not in REMOTE:
        known = ", ".join(f"{each}://" for each in REMOTE)
        raise BatchError(f"'{protocol}://' is not read; known are paths and {known}.")
    try:
        return fsspec.filesystem(protocol, **_settings(protocol))
    except ImportError as error:
        package = _PACKAGES[protocol]
        raise BatchError(
            f"'{protocol}://' needs {package}, which is not installed: `pip install {package}`."
        ) from error


@contextmanager
def opened(address: str, max_bytes: int) -> Iterator[Readable]:
    """Open a remote file to read it once, in order; memory stays flat.

    Args:
        address: `s3://`, `gs://`, `http://` or `https://`.
        max_bytes: reading more fails.

    Raises:
        BatchError: see `file_system`.
        Exception: it cannot be opened; each protocol has errors of its own (`reason`).
    """
    files = file_system(address)
    if protocol_of(address) not in ("http", "https"):
        yield Limited(files.loop, _Object(files, address).read, max_bytes, _BLOCK_BYTES)
        return
    # A size makes fsspec ask once only, and a block of zero stream what comes.
    with closing(files.open(address, "rb", block_size=0, size=1)) as file:
        yield Limited(files.loop, file._read, max_bytes)


def is_final(error: BaseException) -> bool:
    """Return whether trying again cannot help."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return 400 <= status < 500 and status not in (408, 429)
    return isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError | TooSlow)


def reason(error: BaseException, address: str | None = None) -> str:
    """Return why a remote file, at `address`, could not be read, without what is secret in that."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return f"HTTP status {status}"
    if isinstance(error, FileNotFoundError):
        return NO_SUCH_FILE
    if isinstance(error, TooSlow):
        return str(error)
    text = without_secrets(str(error), address).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _settings(protocol: str) -> dict[str, Any]:
    """Return what keeps a silent server from holding a worker for ever."""
    if protocol in ("http", "https"):
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=_TOTAL_S, sock_connect=_CONNECT_S, sock_read=_SILENT_S)
        return {"client_kwargs": {"timeout": timeout}}
    if protocol == "s3":
        return {"config_kwargs": {"connect_timeout": _CONNECT_S, "read_timeout": _SILENT_S}}
    return {}
