"""Runs a batch: gives the recordings to workers, and writes each part once it is complete."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from ser.batch.backend import Backend, Task
from ser.batch.entries import Entry
from ser.batch.errors import WorkerDied
from ser.batch.options import Options
from ser.batch.plan import Found, grouped
from ser.batch.progress import BatchProgress
from ser.batch.state import BatchFolder
from ser.batch.tables import TABLES
from ser.batch.worker import Rows, failed

# What a worker gets at once: enough that its way there costs nothing, so little that all end together.
_MAX_ENTRIES = 16
_MAX_BYTES = 32 * 2**20


@dataclass
class Summary:
    """What a run did.

    Attributes:
        found: what its inputs held.
        kept: how many recordings were finished before.
        recordings: how many it finished.
        failed: how many of them failed.
        audio_s: the duration of the others together.
        lasted_s: how long it took.
    """

    found: Found = field(default_factory=Found)
    kept: int = 0
    recordings: int = 0
    failed: int = 0
    audio_s: float = 0.0
    lasted_s: float = 0.0


class _OpenPart:
    """A part whose recordings are being analysed."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._rows: dict[int, Rows] = {}

    def add(self, first: int, rows: Rows) -> bool:
        """Add the results of the recordings from `first` on; return whether that were the last ones."""
        self._rows[first] = rows
        self._left -= rows.recordings
        return self._left == 0

    def tables(self) -> dict[str, pa.Table]:
        """Return all results, in the order of the recordings."""
        in_order = [self._rows[first].tables for first in sorted(self._rows)]
        return {name: pa.concat_tables([each[name] for each in in_order]) for name in TABLES}


class Run:
    """A run of a batch.

    Args:
        folder: where the results go; it must be held.
        options: how recordings are analysed.
        backend: what runs the work.
        progress: what tells of it.
    """

    def __init__(
        self, folder: BatchFolder, options: Options, backend: Backend, progress: BatchProgress
    ) -> None:
        self._folder, self._options, self._backend, self._progress = folder, options, backend, progress
        self._open: dict[int, _OpenPart] = {}
        self._again: deque[Task] = deque()
        self._alone: deque[Task] = deque()
        self._summary = Summary()

    def run(self, skip: Iterable[int] = ()) -> Summary:
        """Analyse all parts of the plan but those to `skip`.

        Raises:
            BatchError: the workers do not fit the batch.
            BatchStopped: results cannot be written, or there are no workers any more.
        """
        began_s = time.monotonic()
        waiting = self._tasks(self._folder.plan.parts(skip))
        running = 0
        while True:
            while running < self._backend.capacity:
                task = self._again.popleft() if self._again else next(waiting, None)
                if task is None:
                    break
                self._backend.submit(task)
                running += 1
            if not running:
                if not self._alone:
                    break
                self._backend.submit(self._alone.popleft())
                running = 1
            for outcome in self._backend.wait():
                running -= 1
                if outcome.rows is None:
                    self._worker_died(outcome.task)
                else:
                    self._add(outcome.task, outcome.rows)
        self._summary.lasted_s = time.monotonic() - began_s
        return self._summary

    def _tasks(self, parts: Iterable[tuple[int, list[Entry]]]) -> Iterator[Task]:
        for number, entries in parts:
            self._open[number] = _OpenPart(len(entries))
            first = 0
            for group in grouped(entries, _MAX_ENTRIES, _MAX_BYTES):
                yield Task(number, first, group)
                first += len(group)

    def _worker_died(self, task: Task) -> None:
        """Try the recordings again one by one, so that only the one to blame can fail."""
        if len(task.entries) > 1:
            singles = enumerate(task.entries, task.first)
            self._again.extend(Task(task.part, at, [entry]) for at, entry in singles)
            return
        task.deaths += 1
        if task.deaths < self._backend.max_deaths:
            # Alone, at the end, where nothing else can be to blame.
            (self._again if self._backend.blames_exactly else self._alone).append(task)
            return
        error = WorkerDied(
            "Each process that read it was killed or crashed: it may need more memory than there is."
        )
        self._add(task, failed(task.entries, error, self._options, task.deaths))

    def _add(self, task: Task, rows: Rows) -> None:
        part = self._open[task.part]
        if part.add(task.first, rows):
            self._folder.write(task.part, part.tables())
            del self._open[task.part]
        self._summary.recordings += rows.recordings
        self._summary.failed += rows.failed
        self._summary.audio_s += rows.audio_s
        self._progress.add(rows.recordings, rows.failed, rows.audio_s)
