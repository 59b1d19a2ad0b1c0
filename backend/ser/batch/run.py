"""Runs a batch: gives the recordings to workers, and writes each part once it is complete."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from ser.batch.backend import Backend, Task
from ser.batch.entries import Entry
from ser.batch.errors import BatchStopped, WorkerDied
from ser.batch.options import Options
from ser.batch.plan import Found, grouped
from ser.batch.progress import BatchProgress
from ser.batch.state import BatchFolder
from ser.batch.tables import TABLES
from ser.batch.worker import Rows, failed
from ser.text import counted

# What a worker gets at once: enough that its way there costs nothing, so little that all end together.
_MAX_ENTRIES = 16
_MAX_BYTES = 32 * 2**20


@dataclass
class Summary:
    """What a run did.

    Attributes:
        found: what its inputs held.
        kept: how many recordings were finished before, and not tried again.
        kept_failed: how many of them failed.
        analysed: how many recordings of the batch are in `files/` now.
        lacking: how many cannot be read without the inputs that name them.
        recordings: how many it finished.
        failed: how many of them failed.
        audio_s: the duration of the others together.
        lasted_s: how long it took.
    """

    found: Found = field(default_factory=Found)
    kept: int = 0
    kept_failed: int = 0
    analysed: int = 0
    lacking: int = 0
    recordings: int = 0
    failed: int = 0
    audio_s: float = 0.0
    lasted_s: float = 0.0


class _OpenPart:
    """A part whose recordings are being analysed."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._rows: dict[int, Rows] = {}

    def keep(self, first: int, rows: Rows) -> None:
        """Take results of before for the recordings from `first` on."""
        self._rows[first] = rows
        self._left -= rows.recordings

    def add(self, first: int, rows: Rows) -> bool:
        """Add the results of the recordings from `first` on; return whether that were the last ones."""
        self._rows[first] = rows
        self._left -= rows.recordings
        return self._left == 0

    def tables(self) -> dict[str, pa.Table]:
        """Return all results, in the order of the recordings."""
        in_order = [self._rows[first].tables for first in sorted(self._rows)]
        return {name: pa.concat_tables([each[name] for each in in_order]) for name in TABLES}


def _rows_of(tables: Mapping[str, pa.Table], entries: Sequence[Entry]) -> Rows:
    """Return the rows that a part has of some of its recordings."""
    ids = pa.array([entry.id for entry in entries], pa.string())
    kept = {name: table.filter(pc.is_in(table["id"], ids)) for name, table in tables.items()}
    return Rows(kept, len(entries), len(kept["failures"]), 0.0)


class Run:
    """A run of a batch.

    Args:
        folder: where the results go; it must be held.
        options: how recordings are analysed.
        backend: what runs the work.
        progress: what tells of it.
        max_unreachable: so many recordings in a row that cannot be reached stop it; 0: never.
    """

    def __init__(
        self,
        folder: BatchFolder,
        options: Options,
        backend: Backend,
        progress: BatchProgress,
        max_unreachable: int = 0,
    ) -> None:
        self._max_unreachable, self._unreachable = max_unreachable, 0
        self._folder, self._options, self._backend, self._progress = folder, options, backend, progress
        self._open: dict[int, _OpenPart] = {}
        self._again: deque[Task] = deque()
        self._alone: deque[Task] = deque()
        self._summary = Summary()

    def run(self, skip: Iterable[int] = (), again: Mapping[int, AbstractSet[str]] | None = None) -> Summary:
        """Analyse all parts of the plan but those to `skip`.

        Args:
            skip: numbers of parts.
            again: number of a finished part -> ids of its recordings to analyse again; the others keep their
                results.

        Raises:
            BatchError: the workers do not fit the batch.
            BatchStopped: results cannot be written, there are no workers any more, or too many recordings in
                a row cannot be reached.
        """
        began_s = time.monotonic()
        waiting = self._tasks(self._folder.plan.parts(set(skip) - set(again or {})), again or {})
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

    def _tasks(
        self, parts: Iterable[tuple[int, list[Entry]]], again: Mapping[int, AbstractSet[str]]
    ) -> Iterator[Task]:
        for number, entries in parts:
            self._open[number] = part = _OpenPart(len(entries))
            before = self._folder.tables(number) if number in again else {}
            wanted = again.get(number)
            marked = [(wanted is None or entry.id in wanted, entry) for entry in entries]
            first, tasks = 0, []
            for is_wanted, run in itertools.groupby(marked, itemgetter(0)):
                of_run = [entry for _, entry in run]
                if not is_wanted:
                    part.keep(first, _rows_of(before, of_run))
                    first += len(of_run)
                    continue
                for group in grouped(of_run, _MAX_ENTRIES, _MAX_BYTES):
                    tasks.append(Task(number, first, group))
                    first += len(group)
            # Only now: with the last of its results, a part is written.
            yield from tasks

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
        self._unreachable = self._unreachable + rows.unreachable if rows.unreachable == rows.recordings else 0
        if self._unreachable >= self._max_unreachable > 0:
            last = rows.tables["failures"]["detail"][-1].as_py()
            raise BatchStopped(
                f"{counted(self._unreachable, 'recording')} in a row could not be reached ({last}). What is "
                "finished is kept: once that is solved, run the same command again, with --retry-failures "
                "for those that are failures already."
            )
        part = self._open[task.part]
        if part.add(task.first, rows):
            self._folder.write(task.part, part.tables())
            del self._open[task.part]
        self._summary.recordings += rows.recordings
        self._summary.failed += rows.failed
        self._summary.audio_s += rows.audio_s
        self._progress.add(rows.recordings, rows.failed, rows.audio_s)
