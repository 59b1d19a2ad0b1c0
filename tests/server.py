"""A server as a user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from ser.audio.isolation.launcher import DECODER_NAME, LAUNCHER_NAME
from waiting import DEADLINE_S


class Server:
    """`ser serve` as a process of its own, ready for requests.

    Args:
        log: where its output goes.
        port: where it listens; 0 takes a free one.
        command: the command line, for a shell.
        settings: `SER_*` variables. Decoding may take long: processor time counts more on a busy machine. Who
            still holds a connection at the end of a test need not be waited for.
    """

    def __init__(self, log: Path, *, port: int = 0, command: str = "exec ser serve", **settings: str) -> None:
        self.log = log
        environment = with_ser_on_the_path()
        with log.open("w") as output:
            self.process = subprocess.Popen(
                ["sh", "-c", f"{command} --port {port}"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment | {"SER_MAX_DECODING_S": "60", "SER_GRACE_S": "3"} | settings,
                start_new_session=True,
            )
        try:
            self.url = self._wait_until_ready()
        except BaseException:
            self.kill()
            raise
        self.port = int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """Ask it to stop, and return its exit status once it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self) -> None:
        """End it and its workers at once, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE_S)

    def workers(self) -> list[psutil.Process]:
        """Return the processes that it has for requests."""
        return [each for each, name in self._children() if name != LAUNCHER_NAME]

    def decoders(self) -> list[psutil.Process]:
        """Return the decoder processes that run."""
        return [each for each, name in _running(self.launcher().children()) if name == DECODER_NAME]

    def launcher(self) -> psutil.Process:
        """Return the process that starts decoder processes."""
        (launcher,) = (each for each, name in self._children() if name == LAUNCHER_NAME)
        return launcher

    def _children(self) -> list[tuple[psutil.Process, str]]:
        return _running(psutil.Process(self.process.pid).children())

    def log_lines(self) -> list[str]:
        """Return the lines of its log, without one that is being written."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return whole.splitlines()

    def logged(self) -> list[dict[str, Any]]:
        """Return the records of its log."""
        return [json.loads(line) for line in self.log_lines() if line.startswith("{")]

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if match := re.search(r"Listening at: (http://[\d.]+:\d+)", self.log.read_text()):
                try:
                    with urlopen(f"{match[1]}/health", timeout=DEADLINE_S):
                        return match[1]
                except HTTPError:
                    # It answers, although it has no model.
                    return match[1]
                except URLError:
                    pass
            time.sleep(0.05)
        raise AssertionError(f"The server did not start:\n{self.log.read_text()}")


def _running(processes: Iterable[psutil.Process]) -> list[tuple[psutil.Process, str]]:
    found = []
    for each in processes:
        # It may be gone by now.
        with suppress(psutil.NoSuchProcess):
            if each.status() != psutil.STATUS_ZOMBIE:
                found.append((each, each.name()))
    return found


def with_ser_on_the_path() -> dict[str, str]:
    """Return the environment of a shell that finds `ser`, without settings."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("SER_")}
    return known | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
