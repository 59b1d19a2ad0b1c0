"""What the server's processes take of the machine, all together, as Linux tells it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """What processes take of the machine.

    Attributes:
        cpu_s: processor seconds since their start, those of ended ones included.
        memory_bytes: memory that is in use; what several share counts once.
        open_files: open files and connections.
    """

    cpu_s: float
    memory_bytes: int
    open_files: int


def usage(shared: bool) -> Usage | None:
    """Return what the server takes; None where the system does not tell.

    Args:
        shared: whether this is one of several processes of a server, whose parent counts, too.
    """
    found = [_of(pid) for pid in (_family(os.getppid()) if shared else [os.getpid()])]
    known = [each for each in found if each is not None]
    if not known:
        return None
    return Usage(
        sum(each.cpu_s for each in known),
        sum(each.memory_bytes for each in known),
        sum(each.open_files for each in known),
    )


def _family(parent: int) -> Sequence[int]:
    """Return a process, its children, and theirs: decoder processes are those of their launcher."""
    try:
        children = _children(parent)
    except OSError:
        return [os.getpid()]
    family = [parent, *children]
    for child in children:
        # It may have ended.
        with suppress(OSError):
            family += _children(child)
    return family


def _children(pid: int) -> list[int]:
    return [int(child) for child in (_PROC / f"{pid}/task/{pid}/children").read_text().split()]


def _of(pid: int) -> Usage | None:
    folder = _PROC / str(pid)
    try:
        # The name, in parentheses, may hold spaces.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        # User and system time, its own and those of its children that have ended.
        cpu_s = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        # It has just ended.
        return None
    try:
        return Usage(cpu_s, sum(_memory(folder)), len(os.listdir(folder / "fd")))  # noqa: PTH208
    except OSError:
        # A decoder process lets nobody look into it but root.
        return Usage(cpu_s, 0, 0)


def _memory(folder: Path) -> Iterator[int]:
    for line in (folder / "smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            yield int(rest.split()[0]) * 1024
