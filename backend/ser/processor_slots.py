"""Who of a process' threads may compute: no more than there are processors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from threading import BoundedSemaphore

from ser.processors import usable_processors

# More at once would only take memory: they wait for the processor anyway.
_slots = BoundedSemaphore(usable_processors())


@contextmanager
def processor() -> Iterator[None]:
    """Wait for a processor, and hold it."""
    with _slots:
        yield


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Let another thread work while the caller does, if a processor is free; else work afterwards.

    Args:
        work: what it raises is raised at the end, unless the caller failed before.
    """
    if not _slots.acquire(blocking=False):
        yield
        work()
        return
    try:
        # With the context variables of the caller: whoever observes the work may need them.
        done = _helpers().submit(copy_context().run, work)
    except RuntimeError:
        # The system has no room for another thread.
        _slots.release()
        yield
        work()
        return
    except BaseException:
        _slots.release()
        raise
    done.add_done_callback(lambda _: _slots.release())
    yield
    done.result()


# Not at the top: threads do not survive the fork of the workers.
@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(usable_processors(), thread_name_prefix="meanwhile")
