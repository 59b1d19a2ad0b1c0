"""How many processors this process may use."""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def usable_processors() -> int:
    """Return how many processors this process may use, 1 or more.

    That is no more than its affinity allows (`taskset`), and no more than the quota of its cgroup (a
    container's `--cpus`). A quota of 1.5 counts as 2.
    """
    return max(1, min(_by_affinity(), _by_quota(_OWN_CGROUP, _CGROUPS)))


def _by_affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _by_quota(own_cgroup: Path, cgroups: Path) -> int:
    """Return the least quota of a process' cgroup and of those above it, rounded up.

    Args:
        own_cgroup: the file that names the process' cgroups.
        cgroups: where cgroups are mounted: version 2, or version 1 with one folder a controller.
    """
    quotas = [os.cpu_count() or 1]
    for line in _lines(own_cgroup):
        _, _, rest = line.partition(":")
        controllers, _, place = rest.partition(":")
        if not controllers:
            root = cgroups
        elif "cpu" in controllers.split(","):
            root = cgroups / "cpu"
        else:
            continue
        folder = root / place.strip().lstrip("/")
        while True:
            quota = _quota(folder)
            if quota is not None:
                quotas.append(max(1, ceil(quota)))
            # In a container, the path may be the host's, of which only the root can be seen.
            if folder == root or root not in folder.parents:
                break
            folder = folder.parent
    return min(quotas)


def _quota(folder: Path) -> float | None:
    words = " ".join(_lines(folder / "cpu.max")).split()
    if not words:
        words = [*_lines(folder / "cpu.cfs_quota_us"), *_lines(folder / "cpu.cfs_period_us")]
    try:
        quota_us, period_us = map(int, words)
    except ValueError:
        # "max", or no such file: no quota.
        return None
    return quota_us / period_us if quota_us > 0 and period_us > 0 else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except (OSError, ValueError):
        return []
