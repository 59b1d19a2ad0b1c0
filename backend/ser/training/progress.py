"""What a training tells while it runs, on standard error: its stages and, on a terminal, how far each is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tqdm import tqdm

# How often progress is read that other processes make.
_INTERVAL_S = 1.0


def tell(text: str) -> None:
    """Write a line, such as which stage begins."""
    tqdm.write(text, file=sys.stderr)


def bar(title: str, total: int, unit: str) -> tqdm[None]:
    """Return a progress bar with the time left, shown on a terminal only; it must be closed."""
    return tqdm(total=total, desc=title, unit=unit, disable=None)


@contextmanager
def followed(title: str, done: Callable[[], int], *, total: int, unit: str) -> Iterator[None]:
    """Show the progress of other processes in one bar.

    Args:
        title: of the bar.
        done: returns how much of it is done; called now and then, in a thread.
        total: how much there is to do.
        unit: of both.
    """
    over = Event()
    with tqdm(total=total, desc=title, unit=unit, initial=done(), disable=None) as shown:

        def follow() -> None:
            while not over.wait(_INTERVAL_S):
                shown.update(done() - shown.n)

        thread = Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            shown.update(done() - shown.n)
