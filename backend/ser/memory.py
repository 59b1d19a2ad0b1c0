"""Keeps the memory of a server's processes small."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1
# A thread that finds no free arena waits for one; by default, each of the first 16 gets its own.
_ARENAS = 2
# Larger blocks go back to the system once they are free; otherwise, the limit grows up to 32 MB.
_LARGE_BYTES = 512 * 1024


def bound_free_memory() -> None:
    """Bound what glibc keeps of the memory that was freed; without it, do nothing."""
    library = ctypes.CDLL(None)
    if sys.platform != "linux" or not hasattr(library, "mallopt"):
        return
    library.mallopt(_M_ARENA_MAX, _ARENAS)
    library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    library.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)


def dump_no_core() -> None:
    """Write no memory to disk or to the log when a process crashes: it may hold a voice."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def share_with_forks() -> None:
    """Leave what is loaded by now out of garbage collection: marking it would copy it into each process."""
    gc.collect()
    gc.freeze()
