"""What runs the work of a batch: processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ser.batch.entries import Entry
from ser.batch.worker import Rows

# How long `Backend.wait` waits at most.
WAIT_S = 1.0


@dataclass(eq=False)
class Task:
    """Some recordings of one part, for one worker.

    Attributes:
        part: its number.
        first: where the recordings begin in the part.
        entries: the recordings.
        deaths: how many workers died of it.
    """

    part: int
    first: int
    entries: Sequence[Entry]
    deaths: int = field(default=0)


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        task: what was to do.
        rows: the results; None where the worker died.
    """

    task: Task
    rows: Rows | None


class Backend(Protocol):
    """Runs tasks, each in a worker process.

    Attributes:
        max_deaths: how many workers may die of a single recording before it is a failure.
        blames_exactly: whether the task of a worker that died is the only one that can be to blame.
    """

    max_deaths: int
    blames_exactly: bool

    @property
    def capacity(self) -> int:
        """How many tasks may be submitted at once now."""

    def submit(self, task: Task) -> None:
        """Begin a task, or let it wait for a worker."""

    def wait(self) -> list[Outcome]:
        """Return tasks that ended; none if none did within `WAIT_S`.

        Raises:
            BatchError: the workers do not fit the batch.
            BatchStopped: there are no workers any more.
        """

    def close(self) -> None:
        """End the workers that belong to this run, and drop what they work on."""
