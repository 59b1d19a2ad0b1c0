"""Faults of the metrics of a real server of two processes: they never cost an answer, nor the server."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from urllib3 import encode_multipart_formdata

from clips import CLIPS
from ser.api.metrics import shared
from server import Server, with_ser_on_the_path
from waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.slow

BODY, CONTENT_TYPE = encode_multipart_formdata({"file": ("clip", CLIPS[0].path.read_bytes())})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "log", SER_WORKERS="2")
    # It answers as soon as the first process does.
    wait_until(lambda: values(server, "ser_workers").get(()) == 2)
    yield server
    if server.process.poll() is None:
        server.kill()


def folder(server: Server) -> Path:
    """Return where its processes share their metrics."""
    files = psutil.Process(server.process.pid).open_files()
    return next(Path(each.path).parent for each in files if Path(each.path).name == "owned")


def predict(server: Server) -> int:
    request = Request(f"{server.url}/predict", BODY, {"Content-Type": CONTENT_TYPE})
    with urlopen(request, timeout=DEADLINE_S) as answer:
        return int(answer.status)


def values(server: Server, name: str) -> dict[tuple[str, ...], float]:
    """Return the values of a metric by those of its labels, in the order of their names."""
    with urlopen(f"{server.url}/metrics", timeout=DEADLINE_S) as answer:
        text = answer.read().decode()
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def kill_one(server: Server) -> None:
    before = {each.pid for each in server.workers()}
    victim = server.workers()[0]
    victim.send_signal(signal.SIGKILL)
    wait_until(lambda: len(server.workers()) == 2 and {each.pid for each in server.workers()} != before)


def test_a_removed_folder_costs_no_answer_and_no_server(server: Server) -> None:
    shutil.rmtree(folder(server))
    assert predict(server) == predict(server) == 200
    kill_one(server)
    # The process that lives on counts where nobody sees it, the new one where all do.
    wait_until(lambda: values(server, "ser_workers").get(()) == 1)
    assert predict(server) == 200
    assert server.stop() == 0


def test_whoever_stands_still_while_it_reads_holds_up_nothing(server: Server) -> None:
    place = folder(server)
    with (place / "read").open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        before = {each.pid for each in server.workers()}
        server.workers()[0].send_signal(signal.SIGKILL)
        # The place of the dead one is taken although it cannot be forgotten yet.
        wait_until(lambda: len(server.workers()) == 2 and {each.pid for each in server.workers()} != before)
    wait_until(lambda: values(server, "ser_workers")[()] == 2)
    assert server.stop() == 0
    assert not place.exists()


def test_processes_that_are_replaced_have_not_died(server: Server) -> None:
    before = {each.pid for each in server.workers()}
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(server.workers()) == 2 and not {each.pid for each in server.workers()} & before)
    wait_until(lambda: values(server, "ser_workers")[()] == 2)
    assert values(server, "ser_worker_exits_total").get((), 0.0) == 0
    kill_one(server)
    # Until the server has noticed, the one that is gone counts.
    wait_until(lambda: values(server, "ser_worker_exits_total").get(()) == 1)
    wait_until(lambda: values(server, "ser_workers")[()] == 2)
    assert server.stop() == 0


@pytest.mark.parametrize(
    # While modules are imported, and while the folder is made.
    "place",
    ["ser.memory.share_with_forks", "ser.api.metrics.shared.reserve"],
)
@pytest.mark.parametrize("sent", ["SIGTERM", "SIGINT"])
def test_a_server_that_is_stopped_while_it_starts_leaves_no_folder(place: str, sent: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_EARLY.format(place=place, sent=sent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
        env=with_ser_on_the_path(),
    )
    # No line of a server that listens.
    (folder,) = done.stdout.splitlines()
    assert Path(folder).name.startswith("ser-metrics-")
    assert not Path(folder).exists()
    assert done.returncode == (0 if sent == "SIGTERM" else 1), done.stderr


STOPPED_EARLY = """
import os, signal
from unittest.mock import patch
from ser.cli.main import main
def stop():
    print(os.environ["PROMETHEUS_MULTIPROC_DIR"], flush=True)
    os.kill(os.getpid(), signal.{sent})
with patch("{place}", stop):
    main(["serve", "--port", "0"])
"""


def test_a_file_of_metrics_that_is_being_made_is_read_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        assert [file.suffix for file in tmp_path.iterdir()] == [".partial"]
        assert list(MultiProcessCollector(None, str(tmp_path)).collect()) == []

    allocate = os.posix_fallocate
    monkeypatch.setattr(os, "posix_fallocate", lambda *given: (read(), allocate(*given)))
    file = tmp_path / "counter_1.db"
    shared.reserve_file(file, 4096)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == bytes(4096)
    assert list(MultiProcessCollector(None, str(tmp_path)).collect()) == []
    file.write_bytes(b"counted")
    shared.reserve_file(file, 4096)
    assert file.read_bytes() == b"counted"


def test_a_file_of_metrics_without_memory_for_it_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="No space"):
        shared.reserve_file(tmp_path / "counter_1.db", 4096)
    assert list(tmp_path.iterdir()) == []


def test_the_first_errors_are_a_rise(server: Server) -> None:
    found = values(server, "ser_http_requests_total")
    assert {found[("POST", route, "500")] for route in ("/predict", "/analyze", "/baseline")} == {0.0}
