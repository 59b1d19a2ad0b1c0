"""Mixed traffic on a real server of two processes: no wrong answer, and nothing is left; see `make soak`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from traffic import Mixture

from ser.processors import usable_processors
from server import Server
from waiting import wait_until

pytestmark = pytest.mark.slow

CLIENTS, REQUESTS = 8, 300
# One analysis at a time in each process may have a decoder besides those that wait.
SPARE_DESCRIPTORS = 16
# Far more than a process needs; less than what is kept of every request would take.
MOST_GROWTH_MB = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "log", SER_WORKERS="2")
    yield server
    if server.process.poll() is None:
        server.kill()


def ask(mixture: Mixture, count: int) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: mixture.ask(), range(count)))


def state(server: Server) -> dict[int, tuple[int, int, float]]:
    """Return descriptors, threads and memory in MB of each process."""
    found = {}
    for worker in server.workers():
        found[worker.pid] = (
            worker.num_fds(),
            worker.num_threads(),
            worker.memory_full_info().uss / 1e6,
        )
    return found


def test_mixed_traffic_gets_right_answers_and_leaves_nothing(server: Server) -> None:
    mixture = Mixture(server.url)
    ask(mixture, REQUESTS // 2)
    wait_until(lambda: is_quiet(server))
    before = state(server)
    ask(mixture, REQUESTS)
    wait_until(lambda: is_quiet(server))
    counts = mixture.counts()
    # A slow machine may refuse some, and say so.
    assert set(counts) <= {"right", "refused"}, mixture.notes()
    assert counts["right"] > counts["refused"]
    after = state(server)
    assert after.keys() == before.keys()
    for pid, (descriptors, threads, memory_mb) in after.items():
        # Each thread has its turn; their number only grows to that of the clients.
        assert threads <= before[pid][1] + CLIENTS
        assert descriptors <= before[pid][0] + SPARE_DESCRIPTORS
        assert memory_mb <= before[pid][2] + MOST_GROWTH_MB
    assert len(server.decoders()) <= 2 * usable_processors()
    assert '"level": "ERROR"' not in server.log.read_text()
    assert server.stop() == 0


def is_quiet(server: Server) -> bool:
    """Return whether no client is connected any more, and no decoder works."""
    connected = any(
        each.status == psutil.CONN_ESTABLISHED
        for worker in server.workers()
        for each in worker.net_connections("tcp")
    )
    return not connected and len(server.decoders()) <= 2 * usable_processors()
