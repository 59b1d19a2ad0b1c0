"""One of the processes that answer."""

from __future__ import annotations

import errno
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from time import monotonic, sleep
from typing import Any

from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.util import close_graceful, write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from ser.api.client_socket import ClientSocket
from ser.errors import InvalidRequest, as_body
from ser.server.ending import END, QUICK_S

# How often a process that stops looks whether its live streams are over.
_POLL_S = 0.05
# Of a client, where there is no room for one: no descriptors, or no memory.
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# Of the largest upload: so much may be on the line, as chunks have heads.
_LINE_SHARE = 2
# How often the log says so.
_SAID_EVERY_S = 60.0


class Worker(ThreadWorker):  # type: ignore[misc]
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
        signal.signal(END, self.handle_exit)
        signal.siginterrupt(END, False)
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
            self.cfg.set("graceful_timeout", QUICK_S)
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
            conn.sock = ClientSocket(
                conn.sock, self.app.read_timeout_s, _LINE_SHARE * self.app.max_upload_bytes
            )
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
        """Keep or close a connection whose request is over."""
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
