"""Worker processes of a cluster, through Dask distributed."""

from __future__ import annotations

import logging
import platform
import time
from asyncio import CancelledError
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Future
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from ser import __version__
from ser.batch.addresses import without_secrets
from ser.batch.backend import WAIT_S, Outcome, Task
from ser.batch.errors import BatchError, BatchStopped
from ser.batch.options import Options
from ser.batch.worker import Rows, analyze_entries
from ser.errors import SerError

# Of each thread of the workers: one that it works on, and one that it goes on with.
_TASKS_PER_THREAD = 2
_CONNECT_S = 10.0
_REFRESH_S = 2.0
# Results are small; a worker that does not send one within this time is taken for dead.
_GATHER_S = 60.0
# How long there may be no scheduler, or no worker.
PATIENCE_S = 600.0
# Other versions of these may round otherwise.
_COMPARED = ("av", "numpy", "onnxruntime", "soxr")


class _QuietClient(Client):
    """A client that says nothing at its end, also where it was never connected."""

    def __del__(self) -> None:
        with suppress(Exception):
            super().__del__()  # type: ignore[no-untyped-call]


class ClusterBackend:
    """The workers of a Dask scheduler.

    A scheduler that is restarted is waited for; what it knew is submitted again. A task whose workers died
    is given to others by the scheduler, `distributed.scheduler.allowed-failures` times.

    Args:
        address: of the scheduler, as `tcp://scheduler:8786`.
        options: of the batch.
        tell: shows a line to the user.
        patience_s: how long there may be no scheduler, or no worker.

    Raises:
        BatchError: there is no scheduler at this address, or workers have another version.
    """

    # The scheduler has tried it several times by then; it blames all tasks that wait for a worker, too.
    max_deaths = 2
    blames_exactly = False

    def __init__(
        self, address: str, options: Options, tell: Callable[[str], None], patience_s: float = PATIENCE_S
    ) -> None:
        self._address, self._options, self._tell, self._patience_s = address, options, tell, patience_s
        self._ended: SimpleQueue[Future[Rows]] = SimpleQueue()
        self._tasks: dict[Future[Rows], Task] = {}
        self._threads, self._refreshed_s, self._seen_s = 0, 0.0, time.monotonic()
        self._is_waiting = False
        _silence_libraries()
        client = self._connected()
        if client is None:
            raise BatchError(f"There is no Dask scheduler at '{address}'.")
        # Any: its methods have no types.
        self._client: Any = client
        try:
            self._check_versions()
        except BaseException:
            self.close()
            raise

    @property
    def capacity(self) -> int:
        """How many tasks may be submitted at once: two for each thread that works now, and at least one."""
        now_s = time.monotonic()
        if now_s >= self._refreshed_s + _REFRESH_S:
            self._refreshed_s = now_s
            with suppress(Exception):
                self._threads = sum(self._client.nthreads().values())
                if self._threads:
                    self._seen_s = now_s
            if self._threads:
                self._is_waiting = False
            else:
                self._wait_for("worker", now_s)
        return max(1, _TASKS_PER_THREAD * self._threads)

    def submit(self, task: Task) -> None:
        """Give a task to the scheduler."""
        future = self._client.submit(analyze_entries, task.entries, self._options, pure=False)
        self._tasks[future] = task
        future.add_done_callback(self._ended.put)

    def wait(self) -> list[Outcome]:
        """See `Backend`."""
        outcomes = []
        try:
            future = self._ended.get(timeout=WAIT_S)
            while True:
                if (outcome := self._outcome(future)) is not None:
                    outcomes.append(outcome)
                future = self._ended.get_nowait()
        except Empty:
            pass
        if self._client.status != "running":
            self._reconnect()
        return outcomes

    def close(self) -> None:
        """See `Backend`; the workers go on to live, without the tasks of this run."""
        with suppress(Exception):
            self._client.close(timeout=_CONNECT_S)

    def _outcome(self, future: Future[Rows]) -> Outcome | None:
        """Return how a task ended; None where that is to be seen: it was lost with its scheduler."""
        task = self._tasks.pop(future, None)
        if task is None:
            return None
        try:
            return Outcome(task, future.result(timeout=_GATHER_S))
        except KilledWorker:
            return Outcome(task, None)
        except SerError:
            raise
        except (ImportError, AttributeError) as error:
            raise BatchError(f"A worker cannot run this: {error}. {_INSTALL}") from error
        except (CancelledError, FutureCancelledError, OSError, TimeoutError):
            # Lost with its scheduler, or with the worker that held the results.
            pass
        except Exception as error:
            said = without_secrets(f"{type(error).__name__}: {error}")
            raise BatchError(f"A worker failed: {said}.") from error
        if self._client.status != "running":
            self._reconnect()
        self.submit(task)
        return None

    def _reconnect(self) -> None:
        """Wait for the scheduler, and submit again what it had."""
        self.close()
        lost, self._tasks = list(self._tasks.values()), {}
        self._seen_s = time.monotonic()
        while (client := self._connected()) is None:
            self._wait_for("scheduler", time.monotonic())
            time.sleep(WAIT_S)
        self._client, self._is_waiting, self._seen_s = client, False, time.monotonic()
        for task in lost:
            self.submit(task)

    def _wait_for(self, what: str, now_s: float) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            self._tell(f"'{self._address}' has no {what}; waiting up to {self._patience_s:g} s for one.")
        if now_s > self._seen_s + self._patience_s:
            raise BatchStopped(
                f"'{self._address}' had no {what} for {self._patience_s:g} s. What is finished is kept: run "
                "the same command again, and it goes on where it stopped."
            )

    def _connected(self) -> Any:
        """Return a client of the scheduler; None where there is no scheduler now."""
        try:
            return _QuietClient(self._address, timeout=_CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
        except OSError:
            return None
        except (ValueError, TypeError) as error:
            # A TypeError is one of TLS without certificates.
            raise BatchError(
                f"'{self._address}' is no address of a Dask scheduler, such as tcp://scheduler:8786: {error}."
            ) from error

    def _check_versions(self) -> None:
        """Compare the workers that are there now; those that come later compare themselves.

        Raises:
            BatchError: one has no ser, or another version of it.
        """
        try:
            of_workers: dict[str, Any] = self._client.run(versions)
        except (ImportError, AttributeError) as error:
            raise BatchError(f"A worker cannot run this: {error}. {_INSTALL}") from error
        except (OSError, TimeoutError) as error:
            raise BatchError(f"The workers of '{self._address}' do not answer: {error}.") from error
        own = _own_versions()
        for worker, theirs in of_workers.items():
            if theirs["ser"] != own["ser"]:
                raise BatchError(
                    f"The worker {worker} has ser {theirs['ser']}, and here is {own['ser']}. {_INSTALL}"
                )
            differing = [name for name in own if theirs[name] != own[name]]
            if differing:
                said = ", ".join(f"{name} {theirs[name]} (here {own[name]})" for name in differing)
                self._tell(f"The worker {worker} has {said}: results may differ in their last decimals.")


def _silence_libraries() -> None:
    """Keep off standard error what Dask writes of each lost connection; we say it in a sentence."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


_INSTALL = "Install the same wheel of ser, with the extra 'batch', on the scheduler and on all workers."


def versions() -> dict[str, str]:
    """Return the versions of what decides results, of this process."""
    found = {"ser": __version__, "Python": ".".join(platform.python_version_tuple()[:2])}
    return found | {name: version(name) for name in _COMPARED}


# Workers run `versions` themselves.
_own_versions = versions
