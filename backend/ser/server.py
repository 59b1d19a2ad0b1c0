"""gunicorn, configured from `Settings` rather than from a file."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from ipaddress import ip_address
from threading import Thread
from time import monotonic, sleep
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import click
from gunicorn import arbiter as gunicorn_arbiter
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.util import close_graceful, write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from ser import logs, memory
from ser.api.access.shared import Shared
from ser.api.client_socket import ClientSocket
from ser.api.draining import Draining
from ser.api.live.slots import Slots
from ser.api.metrics.shared import SharedMetrics
from ser.audio.isolation.decoder import IsolatedDecoder
from ser.audio.isolation.launcher import Launcher
from ser.config import Settings
from ser.errors import Busy, InvalidRequest, as_body

if TYPE_CHECKING:
    from ser.models.store import Found
    from ser.models.trial import Trial

# How long the processes may take to end when they are to stop at once: Ctrl-C.
_QUICK_S = 3
# And how long after the grace time: for the last answers of live streams.
_ENDING_S = 6
# How often a process that stops looks whether its live streams are over.
_POLL_S = 0.05
# By this, the first process tells another to end. SIGTERM may come from outside, to all of them at once.
_END = signal.SIGUSR2
# How long after a process could not be started the next one is tried.
_AGAIN_S = 5.0
# Of a client, where there is no room for one: no descriptors, or no memory.
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# How often the log says so.
_SAID_EVERY_S = 60.0

# gunicorn measures the grace time by the clock of the day, which may be set anew meanwhile.
gunicorn_arbiter.time = SimpleNamespace(time=monotonic, monotonic=monotonic, sleep=sleep)


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the application with gunicorn's threaded workers.

    Args:
        settings: where to listen, and with how many processes and threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.read_timeout_s = settings.read_timeout_s
        self.grace_s, self.drain_delay_s = settings.grace_s, settings.drain_delay_s
        # Before the fork: all workers share them.
        self._stream_slots = Slots(settings.max_streams)
        self.draining = Draining()
        self.access = Shared.of(settings)
        self.launcher = Launcher()
        self.metrics: SharedMetrics | None = None
        # What the workers serve: all of them the same, whatever is on the disk when they begin.
        self.models: Found | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings to gunicorn."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": _Worker,
            "graceful_timeout": settings.grace_s,
            "proc_name": "ser",
            # The heartbeat file is in memory: a slow disk cannot stall a worker.
            "worker_tmp_dir": "/dev/shm" if _has_shm() else None,  # noqa: S108
            "control_socket_disable": True,
            "logconfig_dict": logs.CONFIG,
            "when_ready": _greet,
            "worker_exit": _close,
            "child_exit": _forget,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until a signal ends it: SIGTERM with a grace time, SIGINT at once."""
        _require_free(self._settings)
        memory.dump_no_core()
        memory.bound_free_memory()
        # Early: it has little in its memory.
        self.launcher.keep_running()
        own_pid = os.getpid()
        # Until gunicorn has its own handler: what was made by then is removed.
        signal.signal(signal.SIGTERM, _leave)
        try:
            if self._settings.metrics:
                with _uninterrupted():
                    # Before prometheus_client is imported, which `ser.app` does.
                    self.metrics = SharedMetrics()
            # All modules before the fork: the workers share their memory. ONNX Runtime is none of them, as it
            # starts threads, which do not survive a fork.
            import ser.app  # noqa: F401

            self.models = self.find_models()
            memory.share_with_forks()
            _Arbiter(self).run()
        except RuntimeError as error:
            raise click.ClickException(str(error)) from error
        finally:
            # The other processes come this way, too, when they end.
            if self.metrics is not None and os.getpid() == own_pid:
                self.metrics.remove()

    def load(self) -> Any:
        """Return the application; each worker calls it once, after the fork."""
        from ser.api.errors import answer
        from ser.app import create_app

        decoder = IsolatedDecoder(self.launcher, max_source_bytes=self._settings.max_analyze_bytes)
        # Not here: a worker can do without.
        Thread(target=_warm_up, args=(decoder,), daemon=True).start()
        app = create_app(
            self._settings,
            stream_slots=self._stream_slots,
            draining=self.draining,
            shared_access=self.access,
            decoder=decoder,
            found=self.models,
        )
        malformed = InvalidRequest("The body of the request is malformed.")
        app.register_error_handler(ParseException, lambda _: answer(malformed))
        return app

    def find_models(self) -> Found:
        """Return the models on the disk, their files checked."""
        from ser.models.pool import find_checked

        return find_checked(self._settings.model_dir, self._settings.model, self._settings.engine)

    def try_models(self, found: Found) -> Trial:
        """Begin to load models in a process of its own."""
        from ser.models.trial import Trial

        return Trial(found, self._settings.engine)


class _Arbiter(Arbiter):  # type: ignore[misc]
    """The first process. It says that the server is about to stop, waits, and only then lets it stop.

    It ends for no fault while another process answers.
    """

    _stops_at_s: float | None = None
    _spawns_from_s = 0.0
    _trial: Trial | None = None
    # Of processes that were told to end, as others take their place.
    _told: frozenset[int] = frozenset()

    def kill_worker(self, pid: int, sig: int) -> None:
        """Send a process a signal, and note whom it tells to end."""
        if sig in (signal.SIGTERM, signal.SIGQUIT):
            self._told |= {pid}
        super().kill_worker(pid, _END if sig == signal.SIGTERM else sig)

    def was_told_to_end(self, pid: int) -> bool:
        """Return whether a process that is gone was told to end."""
        told = pid in self._told
        self._told -= {pid}
        return told

    def settle_metrics(self, gone: int | None = None) -> None:
        """Keep what processes that are gone have counted; a fault of the metrics ends no server."""
        try:
            if gone is None:
                self.app.metrics.settle()
            else:
                self.app.metrics.forget(gone)
        except Exception:
            self.log.exception("What a process has counted is lost")

    def handle_hup(self) -> None:
        """Try the models that are on the disk now; the workers are replaced once they passed."""
        if self.app.draining.begun:
            self.log.warning("The server is about to stop: its models stay")
            return
        self._give_up_trial()
        try:
            found = self.app.find_models()
            lost = found.faulty.keys() & self.app.models.directories.keys()
            for name in lost:
                self.log.error("model '%s' cannot be used: %s", name, found.faulty[name])
            if lost:
                self._refuse_models()
            else:
                self._trial = self.app.try_models(found)
        except OSError:
            self.log.exception("The models could not be tried")
            self._refuse_models()

    def _settle_trial(self) -> None:
        """Replace the workers where new models passed; where they did not, nothing changes."""
        if self._trial is None or (passed := self._trial.passed()) is None:
            return
        trial, self._trial = self._trial, None
        if self.app.draining.begun:
            return
        if not passed:
            self._refuse_models()
            return
        self.app.models = trial.found
        self.log.info("The models are loaded anew: %s", ", ".join(trial.found.directories))
        super().handle_hup()

    def _refuse_models(self) -> None:
        self.log.error("The models on the disk cannot be used: the server goes on with those that it has")

    def _give_up_trial(self) -> None:
        if self._trial is not None:
            self._trial.end()
            self._trial = None

    def spawn_workers(self) -> None:
        """Start the processes that are missing, but not all the time those that cannot be started."""
        if monotonic() >= self._spawns_from_s:
            super().spawn_workers()

    def spawn_worker(self) -> Any:
        """Start a process; where the system has no room for one, try it later."""
        try:
            return super().spawn_worker()
        except OSError:
            self.log.exception("A process could not be started")
            self._spawns_from_s = monotonic() + _AGAIN_S

    def reap_workers(self) -> None:
        """Take note of processes that ended; one that cannot begin ends the server only if it is alone."""
        before, fault = set(self.WORKERS), self._reap()
        if fault is not None:
            # It leaves off at the first: those that ended in the same moment are no workers either.
            while self._reap() is not None:
                pass
            if not self.WORKERS:
                raise fault
            self.log.error("A process could not begin; the others go on")
            self._spawns_from_s = monotonic() + _AGAIN_S
            if self.app.metrics is not None:
                for pid in before - set(self.WORKERS):
                    self.settle_metrics(pid)

    def _reap(self) -> HaltServer | None:
        """Take note of processes that ended; return the fault of one that could not begin."""
        try:
            super().reap_workers()
        except HaltServer as fault:
            return fault
        return None

    def keep_launcher_running(self) -> None:
        """Start the launcher of decoder processes where it is gone."""
        try:
            self.app.launcher.keep_running()
        except OSError:
            # The next second, again.
            self.log.exception("The launcher of decoder processes could not be started")

    def handle_term(self) -> None:
        """Begin to drain: load balancers see it at /health/ready, and send new requests elsewhere."""
        self.app.draining.begin()
        if self._stops_at_s is None:
            self._stops_at_s = monotonic() + self.app.drain_delay_s

    def wait_for_signals(self, timeout: float = 1.0) -> Any:
        """Wait as gunicorn does, but not longer than the server is to go on."""
        if self.app.metrics is not None:
            self.settle_metrics()
        self.keep_launcher_running()
        self._settle_trial()
        if self.app.access.keys is not None:
            # A process that takes the place of another begins with them.
            self.app.access.keys.refresh()
        if self._stops_at_s is not None:
            left_s = self._stops_at_s - monotonic()
            if left_s <= 0:
                # gunicorn takes this for the end of its loop.
                raise StopIteration
            timeout = min(timeout, left_s)
        return super().wait_for_signals(timeout)

    def stop(self, graceful: bool = True) -> None:
        """Let the workers end; kill those that do not within their time."""
        self.app.draining.begin()
        self._give_up_trial()
        self.cfg.set("graceful_timeout", self.app.grace_s + _ENDING_S if graceful else _QUICK_S)
        super().stop(graceful)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker that hangs up on clients that neither send nor read for too long.

    When it is to stop, live streams have as much time to end as requests have.
    """

    _stops_at_s = 0.0
    _said_s = float("-inf")

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Return the threads that requests are served by."""
        threads = _Threads(max_workers=self.cfg.threads)
        # The first one is there for sure.
        threads.submit(lambda: None)
        return threads

    def init_signals(self) -> None:
        """Listen to the first process alone, which waits before it lets this one end."""
        super().init_signals()
        signal.signal(_END, self.handle_exit)
        signal.siginterrupt(_END, False)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Note when to stop, whatever is still running."""
        self._stops_at_s = monotonic() + self.app.grace_s
        super().handle_exit(sig, frame)

    def run(self) -> None:
        """Serve; once it is to stop, wait for requests, then for live streams, which hold no request."""
        super().run()
        streams = self.wsgi.extensions["ser"]["live_streams"]
        while streams.open_count and monotonic() < self._stops_at_s and self.ppid == os.getppid():
            self.notify()
            sleep(_POLL_S)
        streams.finish()

    def is_parent_alive(self) -> bool:
        """Look after the first process; without it, stop at once, as another server may want the port."""
        alive: bool = super().is_parent_alive()
        if not alive:
            self.cfg.set("graceful_timeout", _QUICK_S)
        return alive

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or stop to accept; who comes after the last time is refused, rather than kept waiting."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()

    def accept(self, listener: Any) -> None:
        """Accept a client; where the system has no room for one, those who wait go on to."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            if monotonic() - self._said_s > _SAID_EVERY_S:
                self._said_s = monotonic()
                self.log.error("No more clients can be accepted: %s", error)
            sleep(_POLL_S)

    def _accept_all(self, listener: Any) -> None:
        """Accept who is connected already."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)

    def handle(self, conn: Any) -> Any:
        """Serve a request, and close the connection here where it is not to be kept.

        gunicorn would close it in the thread that serves all connections, and wait there for the client.
        """
        if not isinstance(conn.sock, ClientSocket):
            conn.sock = ClientSocket(conn.sock, self.app.read_timeout_s)
        conn.sock.begin_request()
        keep = super().handle(conn)
        if not keep and conn.sock.fileno() != -1:
            close_graceful(conn.sock)
        return keep

    def handle_error(self, _: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer as the contract says what gunicorn cannot read or serve, and quote nothing of it."""
        from ser.api.errors import count, status_of

        error: BaseException = exc
        if isinstance(exc, ParseException) and not isinstance(
            exc, InvalidResponseHeader | InvalidResponseHeaderName
        ):
            self.log.warning("Invalid request from ip=%s", addr[0] if addr else "")
            error = InvalidRequest("This is no HTTP that the server understands.")
        else:
            self.log.exception("Error handling a request")
        count(error, "")
        status, content = HTTPStatus(status_of(error)), json.dumps(as_body(error)).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        with suppress(OSError):
            write_nonblock(client, head.encode() + content)

    def finish_request(self, conn: Any, fs: Any) -> None:
        if conn.sock.fileno() == -1:
            # The connection is closed, or belongs to a live stream now.
            self.nr_conns -= 1
            return
        super().finish_request(conn, fs)


class _Threads(ThreadPoolExecutor):
    """Threads, as many as the system has room for: whoever finds none waits for one of those."""

    def _adjust_thread_count(self) -> None:
        try:
            super()._adjust_thread_count()
        except RuntimeError:
            if not self._threads:
                raise


def _warm_up(decoder: IsolatedDecoder) -> None:
    with suppress(Busy):
        decoder.warm_up()


def _greet(arbiter: Any) -> None:
    for listener in arbiter.LISTENERS:
        click.echo(f"Speech emotion recognition on {listener} (Ctrl-C stops it)")
        if arbiter.app.access.keys is None and not _is_own_machine(listener):
            arbiter.log.warning(
                "Whoever reaches %s may use this server: SER_API_KEYS names a file of keys (docs/access.md)",
                listener,
            )


def _forget(arbiter: Any, worker: Any) -> None:
    """Keep what a process that is gone has counted."""
    from ser.api.metrics import record

    if arbiter.app.metrics is None:
        return
    arbiter.settle_metrics(worker.pid)
    if not arbiter.app.draining.begun and not arbiter.was_told_to_end(worker.pid):
        record.worker_exited()


def _close(_: Any, worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["ser"]["live_streams"].close()
        tracing = app.extensions["ser"]["tracing"]
        if tracing is not None:
            tracing.close()


def _require_free(settings: Settings) -> None:
    """Say at once that an address cannot be listened on: gunicorn tries for five seconds.

    Raises:
        click.ClickException: it cannot.
    """
    if {"LISTEN_FDS", "GUNICORN_FD"} & os.environ.keys():
        # Somebody listens already, and hands that over.
        return
    host = settings.host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((host, settings.port))
        except OSError as error:
            raise click.ClickException(
                f"The server cannot listen on {settings.host}:{settings.port}: {error.strerror}. Give "
                "another --host or --port (SER_HOST, SER_PORT)."
            ) from error


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let signals that end the process wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)


def _is_own_machine(listener: Any) -> bool:
    """Return whether only this machine can reach a socket."""
    if listener.sock.family == socket.AF_UNIX:
        return True
    return ip_address(listener.sock.getsockname()[0]).is_loopback


def _has_shm() -> bool:
    return os.access("/dev/shm", os.W_OK)  # noqa: S108
