"""Worker processes of this machine, through joblib's loky."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing import resource_tracker
from queue import Empty, SimpleQueue
from threading import Thread

from joblib.externals.loky.process_executor import ProcessPoolExecutor, ShutdownExecutorError

from ser.batch.backend import WAIT_S, Outcome, Task
from ser.batch.options import Options
from ser.batch.worker import Rows, analyze_entries
from ser.memory import bound_free_memory

# Each process is one core's work. What a library would start beyond it only takes the others' time.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
_WATCH_S = 1.0


class LocalBackend:
    """As many worker processes as asked for.

    Each is an executor of its own: of a joint one, the end of one process ends all, and nobody knows which
    recording it was.

    Args:
        jobs: how many.
        options: of the batch.
    """

    # The first death was that of a task of several recordings, which are then tried one by one.
    max_deaths = 3
    blames_exactly = True

    def __init__(self, jobs: int, options: Options) -> None:
        # Now: in Python 3.11 it unblocks Ctrl-C where it begins (`_without_ctrl_c`).
        resource_tracker.ensure_running()
        self._options = options
        self._ended: SimpleQueue[tuple[int, Task, Future[Rows]]] = SimpleQueue()
        self._executors = [_executor() for _ in range(jobs)]
        self._free = list(range(jobs))
        self._begun: set[int] = set()

    @property
    def capacity(self) -> int:
        """How many tasks may be submitted at once: one for each process."""
        return len(self._executors)

    def submit(self, task: Task) -> None:
        """Begin a task."""
        number = self._free.pop()
        try:
            future = self._submit(number, task)
        except (BrokenProcessPool, ShutdownExecutorError):
            # Killed while it had nothing to do.
            self._replace(number)
            future = self._submit(number, task)
        future.add_done_callback(lambda future: self._ended.put((number, task, future)))

    def _submit(self, number: int, task: Task) -> Future[Rows]:
        # The first task begins the process.
        with nullcontext() if number in self._begun else _without_ctrl_c():
            future: Future[Rows] = self._executors[number].submit(
                analyze_entries, task.entries, self._options
            )
        self._begun.add(number)
        return future

    def _replace(self, number: int) -> None:
        self._executors[number].shutdown(wait=False, kill_workers=True)
        self._executors[number] = _executor()
        self._begun.discard(number)

    def wait(self) -> list[Outcome]:
        """See `Backend`."""
        outcomes = []
        try:
            number, task, future = self._ended.get(timeout=WAIT_S)
            while True:
                outcomes.append(Outcome(task, self._rows(number, future)))
                self._free.append(number)
                number, task, future = self._ended.get_nowait()
        except Empty:
            return outcomes

    def _rows(self, number: int, future: Future[Rows]) -> Rows | None:
        try:
            return future.result()
        except (BrokenProcessPool, ShutdownExecutorError):
            self._replace(number)
            return None

    def close(self) -> None:
        """See `Backend`."""
        for executor in self._executors:
            executor.shutdown(wait=True, kill_workers=True)


def _executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, initializer=_begin, initargs=(os.getpid(),), env=_ONE_THREAD)


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Keep Ctrl-C from processes that begin meanwhile, from their first moment.

    It is for the run, which then ends its workers, and which gets it afterwards if it comes meanwhile.
    """
    # A blocked signal stays so in processes that this thread begins.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(run: int) -> None:
    """Prepare a worker process.

    Args:
        run: the process id of the run that it works for.
    """
    bound_free_memory()
    Thread(target=_end_with, args=(run,), daemon=True).start()


def _end_with(run: int) -> None:
    """End this process once the run is gone: killed, it could not say so."""
    while os.getppid() == run:
        time.sleep(_WATCH_S)
    os._exit(1)
