"""The folder in which the processes of one server share their metrics.

Each process writes files of its own, and whichever answers GET /metrics adds them up. prometheus_client
decides how it counts when it is imported, so the server makes the folder before that, and before the fork.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = "ser-metrics-"
# Held for as long as one of the processes lives.
_OWNED = "owned"
# Held by whoever reads all files, or replaces some.
_READ = "read"
# What the processes that are gone have counted.
_GONE = "gone"
# What is being written, until it has its name.
_PARTIAL = ".partial"
# Sums of these go on when a process ends; those of gauges do not.
_LASTING = ("counter", "histogram")
# What a process writes to, and how large each file is from the start: a file that has its memory already
# cannot be refused any later, which would end the process.
_KINDS = (*_LASTING, "gauge_livesum")
_RESERVED_BYTES = 256 * 1024
# So much is to be free where the folder is made.
_ENOUGH_BYTES = 16 * 1024**2
# How long the first process may wait for whoever reads.
_PATIENCE_S, _POLL_S = 0.5, 0.02


class SharedMetrics:
    """The folder, as the server's first process sees it.

    Attributes:
        folder: where it is: in memory, where possible.
    """

    def __init__(self) -> None:
        if "prometheus_client" in sys.modules:
            raise RuntimeError("prometheus_client was imported too early: it would count each process alone")
        # A file of metrics is written to at each request: a slow disk must not stall it.
        parent = _memory() or Path(tempfile.gettempdir())
        _remove_left_over(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        (self.folder / _READ).touch()
        # Processes that are gone, which could not be forgotten yet.
        self._gone: set[int] = set()
        # Kept open: the processes inherit the lock.
        self._owned = (self.folder / _OWNED).open("w")
        fcntl.flock(self._owned, fcntl.LOCK_EX)
        os.environ[_VARIABLE] = str(self.folder)
        reserve()

    def forget(self, pid: int) -> None:
        """Take note that a process is gone: its gauges end, and what it counted is kept.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._gone.add(pid)
        self.settle()

    def settle(self) -> None:
        """Forget those who could not be forgotten yet, as somebody who reads stands still.

        Raises:
            OSError: the folder cannot be written to.
        """
        end_s = time.monotonic() + _PATIENCE_S
        while self._gone:
            try:
                with locked(self.folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    for pid in tuple(self._gone):
                        self._gone.discard(pid)
                        self._forget(pid)
            except BlockingIOError:
                if time.monotonic() > end_s:
                    return
                time.sleep(_POLL_S)

    def _forget(self, pid: int) -> None:
        for name in (f"gauge_*_{pid}.db", f"*_{pid}.sums", f"*_{pid}{_PARTIAL}"):
            for file in self.folder.glob(name):
                file.unlink()
        for kind in _LASTING:
            _add_up(self.folder / f"{kind}_{pid}.db", self.folder / f"{kind}_{_GONE}.db")

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.environ.pop(_VARIABLE, None)
        self._owned.close()


def shared_folder() -> Path | None:
    """Return the folder of this server's metrics; None where there is one process."""
    folder = os.environ.get(_VARIABLE)
    return Path(folder) if folder else None


def reserve() -> None:
    """Take the memory of this process' files, before they are written to.

    Raises:
        OSError: there is not enough.
    """
    folder = shared_folder()
    if folder is None:
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    for kind in _KINDS:
        reserve_file(folder / f"{kind}_{os.getpid()}.db", _RESERVED_BYTES)


def reserve_file(file: Path, size_bytes: int) -> None:
    """Make a file of zeros that has its memory; one that is there already stays as it is.

    Raises:
        OSError: there is not enough.
    """
    if file.exists():
        return
    # Under another name, as somebody may read all files at any moment, and can read none that is empty.
    partial = file.with_suffix(_PARTIAL)
    try:
        with partial.open("wb") as made:
            os.posix_fallocate(made.fileno(), 0, size_bytes)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, how: int = fcntl.LOCK_SH) -> Iterator[None]:
    """Keep others from replacing files of the folder, or with `LOCK_EX` also from reading them.

    Raises:
        BlockingIOError: with `LOCK_NB`, somebody else does so.
    """
    # Somebody may have removed it: systemd does, where the user who began the server logs out.
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / _READ).open("a") as file:
        fcntl.flock(file, how)
        yield


def _memory() -> Path | None:
    """Return the file system in memory, if there is one with enough left."""
    folder = Path("/dev/shm")  # noqa: S108
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < _ENOUGH_BYTES:
        return None
    return folder


def _add_up(own: Path, total: Path) -> None:
    """Add the values of one file to those of another, and remove the first: files do not pile up."""
    from prometheus_client.mmap_dict import MmapedDict

    if not own.exists():
        return
    sums: dict[str, float] = {}
    for file in (total, own):
        if file.exists():
            for key, value, *_ in MmapedDict.read_all_values_from_file(str(file)):
                sums[key] = sums.get(key, 0.0) + value
    partial = total.with_suffix(_PARTIAL)
    partial.unlink(missing_ok=True)
    written = MmapedDict(str(partial))
    for key, value in sums.items():
        written.write_value(key, value, 0.0)
    written.close()
    partial.replace(total)
    own.unlink()


def _remove_left_over(parent: Path) -> None:
    """Remove the folders of servers that were killed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _OWNED).open("r+") as owned:
            fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
