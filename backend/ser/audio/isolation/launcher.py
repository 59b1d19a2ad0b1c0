"""Starts decoder processes: forks of a process of one thread, which has loaded what they need."""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
import socket
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

from ser.audio.isolation import decoder_process

# What `ps` and `top` call them.
LAUNCHER_NAME, DECODER_NAME = "ser-decoders", "ser-decoder"
# A terminal and systemd tell all processes of a server to end: these end when no one uses them any more.
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_STANDARD_STREAMS = 3
# So long it may leave a question unanswered.
HANGS_AFTER_S = 10.0
_DECODER_WANTED, _ARE_YOU_THERE = b"d", b"?"
# From linux/prctl.h.
_PR_SET_PDEATHSIG = 1


class Launcher:
    """A process that forks decoder processes for this one and for the forks of this one.

    It ends when all of these have ended. One that hangs is ended.

    Args:
        serve: what a decoder process runs, with the connection to whoever asked for it.
    """

    def __init__(self, serve: Callable[[socket.socket], None] = decoder_process.serve) -> None:
        self._serve = serve
        self._ours, self._its = socket.socketpair()
        self._pid: int | None = None
        # The last question whether it is there: where the answer comes, the other end of that where the
        # question could not even be put, and when it was asked.
        self._question: socket.socket | None = None
        self._unasked: socket.socket | None = None
        self._asked_s = 0.0

    def keep_running(self) -> None:
        """Start it, start it again if it is gone, end it if it hangs: call this every few seconds.

        Only one process may do so, of one thread.
        """
        if self._pid is not None and not _is_gone(self._pid):
            if self._hangs():
                # Also where it was stopped. The next call starts another, which goes on with what was asked.
                os.kill(self._pid, signal.SIGKILL)
            return
        self._forget_question()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._run()
            finally:
                os._exit(1)

    def ask(self) -> socket.socket:
        """Return a connection to a decoder process, which will be there soon if the launcher runs.

        Raises:
            OSError: no connection can be made.
        """
        ours, its = socket.socketpair()
        with its:
            try:
                self._send(_DECODER_WANTED, its)
            except BaseException:
                ours.close()
                raise
        return ours

    def close(self) -> None:
        """Ask for no more: it ends, once all forks of this process have closed it, too."""
        self._ours.close()
        self._its.close()

    def _hangs(self) -> bool:
        """Return whether it has left a question unanswered for too long; ask the first or the next one."""
        if self._question is not None and not select.select([self._question], [], [], 0)[0]:
            return monotonic() > self._asked_s + HANGS_AFTER_S
        self._forget_question()
        try:
            self._question, its = socket.socketpair()
        except OSError:
            # No descriptor: it is asked the next time.
            return False
        self._asked_s = monotonic()
        try:
            self._send(_ARE_YOU_THERE, its)
        except BlockingIOError:
            # It has left so much untaken that nothing more goes in. Closed, this end would be an answer.
            self._unasked = its
        else:
            its.close()
        return False

    def _forget_question(self) -> None:
        for end in (self._question, self._unasked):
            if end is not None:
                end.close()
        self._question = self._unasked = None

    def _send(self, what: bytes, answer_to: socket.socket) -> None:
        """Send a message with a connection for its answer, without waiting for room.

        Raises:
            BlockingIOError: there is none.
        """
        # `socket.send_fds` ignores its flags.
        fds = array("i", [answer_to.fileno()])
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]
        self._ours.sendmsg([what], rights, socket.MSG_DONTWAIT)

    def _run(self) -> None:
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        # What ended decoder processes took counts as this one's; the kernel would forget it otherwise.
        signal.signal(signal.SIGCHLD, _take_note_of_ended)
        signal.set_wakeup_fd(-1)
        # By name: it has the number of a standard stream where that was closed.
        self._ours.close()
        _close_all_but(self._its.fileno())
        _unmap_shared()
        _end_with_parent()
        _call_this(LAUNCHER_NAME)
        decoder_process.load_all()
        gc.freeze()
        while True:
            select.select([self._its], [], [])
            message, fds, _, _ = socket.recv_fds(self._its, 1, 1)
            if not message:
                os._exit(0)
            for fd in fds:
                if message == _ARE_YOU_THERE:
                    with suppress(OSError):
                        os.write(fd, message)
                elif os.fork() == 0:
                    self._its.close()
                    self._decode(socket.socket(fileno=fd))
                os.close(fd)

    def _decode(self, connected: socket.socket) -> None:
        """Serve whoever asked; this process never comes back from it."""
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _call_this(DECODER_NAME)
            # It says nothing: what it would say might hold what it decodes.
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in range(_STANDARD_STREAMS):
                os.dup2(nothing, stream)
            os.close(nothing)
            self._serve(connected)
        finally:
            os._exit(0)


def _take_note_of_ended(*_: object) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _is_gone(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _unmap_shared() -> None:
    """Give up the memory that the server's processes share to count: a decoder has no part in it."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, permissions = line.split()[:2]
        if "w" in permissions and permissions.endswith("s"):
            start, end = (int(each, 16) for each in span.split("-"))
            libc.munmap(ctypes.c_void_p(start), ctypes.c_size_t(end - start))


def _end_with_parent() -> None:
    """End at once, even while stopped, where the system can do that; else without users."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _close_all_but(kept: int) -> None:
    os.closerange(_STANDARD_STREAMS, kept)
    os.closerange(max(kept + 1, _STANDARD_STREAMS), os.sysconf("SC_OPEN_MAX"))


def _call_this(name: str) -> None:
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)
