"""Hashes of files' contents, each read once as long as the file does not change."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

DIGITS = 16


def file_hash(path: Path) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    state = path.stat()
    return _hash(path, (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))


@functools.cache
def _hash(path: Path, state: tuple[int, ...]) -> str:  # noqa: ARG001
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]
