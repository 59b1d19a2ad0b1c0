"""Two threads that all recordings share, so that many of them take no more of the processor than one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from ser.analysis.cutter import Decoded

# Items of a recording that are worked on, or wait for it.
AHEAD = 6

_pool = ThreadPoolExecutor(2, thread_name_prefix="timeline")

T = TypeVar("T")
U = TypeVar("U")


def map_in_order(function: Callable[[T], U], items: Iterable[T | Decoded]) -> Iterator[U | Decoded]:
    """Yield the function of each item, in order, computed ahead by the threads; `Decoded` passes as it is.

    What was not yet begun is cancelled when the iterator is closed.
    """
    pending: deque[Future[U] | Decoded] = deque()
    try:
        for item in items:
            if isinstance(item, Decoded):
                pending.append(item)
            else:
                # With the context variables of the caller: whoever observes the work may need them.
                pending.append(_pool.submit(copy_context().run, function, item))
            while pending and (len(pending) > AHEAD or _is_done(pending[0])):
                first = pending.popleft()
                yield first if isinstance(first, Decoded) else first.result()
        while pending:
            first = pending.popleft()
            yield first if isinstance(first, Decoded) else first.result()
    finally:
        for left in pending:
            if isinstance(left, Future):
                left.cancel()


def _is_done(item: Future[U] | Decoded) -> bool:
    return isinstance(item, Decoded) or item.done()
