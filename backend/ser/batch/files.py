"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ser.batch.errors import BatchStopped

_TEMPORARY = ".tmp"


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file under a temporary name, and rename it once the disk has it.

    Raises:
        BatchStopped: it cannot be written; nothing of it is left.
    """
    part = path.with_name(f".{path.name}{_TEMPORARY}")
    with stopping(path.parent):
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.parent)


@contextmanager
def stopping(folder: Path) -> Iterator[None]:
    """Say in one sentence what a batch needs to go on, where a folder cannot be written to.

    Raises:
        BatchStopped: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise BatchStopped(
            f"'{folder}' cannot be written to: {error.strerror or error}. What is finished is kept: once "
            "that is solved, run the same command again, and it goes on where it stopped."
        ) from error


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed run was writing into a folder."""
    for path in folder.glob(f".*{_TEMPORARY}"):
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # Without it, the name may be lost with the power.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
