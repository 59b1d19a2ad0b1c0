"""Remote files through fsspec: opened to be read once, in order, and failures without what is secret."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import fsspec

from ser.audio.sources import Readable
from ser.batch.addresses import REMOTE, protocol_of, without_secrets
from ser.batch.errors import BatchError
from ser.errors import FileTooLarge

# Of an object store, so much is read at once.
_BLOCK_BYTES = 4 * 2**20
_CONNECT_S, _SILENT_S = 30, 60
# A server that sends less for so long holds a worker for nothing; none may hold it longer than the last.
_SLOW_S, _MIN_BYTES_PER_S = 120.0, 1_000
_TOTAL_S = 3 * 3600
NO_SUCH_FILE = "No such file"
_PACKAGES = {"gs": "gcsfs", "s3": "s3fs", "http": "aiohttp", "https": "aiohttp"}


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TooSlow(OSError):
    """A server sends so little that its file would take for ever."""


class Limited:
    """Bytes of a remote file, up to a number of them, and not slower than they may be.

    Args:
        source: the bytes.
        max_bytes: reading more fails.
    """

    def __init__(self, source: _Source, max_bytes: int) -> None:
        self._source, self._max_bytes, self._count = source, max_bytes, 0
        self._waited_s = 0.0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end.

        Raises:
            FileTooLarge: there are more than there may be.
            TooSlow: they come too slowly.
        """
        began_s = time.monotonic()
        content = self._source.read(size)
        # What is computed meanwhile does not count.
        self._waited_s += time.monotonic() - began_s
        self._count += len(content)
        if self._count > self._max_bytes:
            raise FileTooLarge(f"At most {self._max_bytes:,} bytes of a remote file are read.")
        if self._waited_s > _SLOW_S and self._count < _MIN_BYTES_PER_S * self._waited_s:
            raise TooSlow(f"Fewer than {_MIN_BYTES_PER_S:,} bytes per second came for {_SLOW_S:g} s")
        return content


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
    if protocol_of(address) in ("http", "https"):
        # A size makes fsspec ask once only, and a block of zero stream what comes.
        file = files.open(address, "rb", block_size=0, size=1)
    else:
        file = files.open(address, "rb", block_size=_BLOCK_BYTES, cache_type="readahead")
    with closing(file):
        yield Limited(file, max_bytes)


def is_final(error: BaseException) -> bool:
    """Return whether trying again cannot help."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return 400 <= status < 500 and status not in (408, 429)
    return isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError)


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
