"""Faults in a real server of two processes, while clients ask: no answer is wrong, and it gets over them."""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import numpy as np
import psutil
import pytest
import traffic
from traffic import Case, Clients, Tally, ask

from clips import CLIPS, MODEL, PUBLISHED, copied_model, transcode
from ser.analysis.timeline import MAX_AT_ONCE
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.models.manifest import MANIFEST, ONNX_FILE
from server import Server
from waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.slow

Start = Callable[..., Server]
CLIENTS = 8
# A few answers show that it goes on.
SOME = 3 * CLIENTS
REFUSED = "The models on the disk cannot be used"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Clips in every container, and long recordings."""
    return [*traffic.clips(), *traffic.recordings()]


@pytest.fixture(scope="module")
def clips(cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.path == "/predict"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server of two processes, both of which answer."""
    servers: list[Server] = []

    def begin(**settings: str) -> Server:
        servers.append(Server(tmp_path / f"log{len(servers)}", **{"SER_WORKERS": "2"} | settings))
        wait_until(lambda: workers_up(servers[-1]) == 2)
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.kill()


def workers_up(server: Server) -> int:
    """Return how many processes answer, as the metrics of the server have it."""
    try:
        with urlopen(f"{server.url}/metrics", timeout=DEADLINE_S) as answer:
            lines = answer.read().decode().splitlines()
    except (URLError, ConnectionError, http.client.HTTPException):
        return 0
    (value,) = (line.split()[1] for line in lines if line.startswith("ser_workers "))
    return round(float(value))


def pids(server: Server) -> set[int]:
    return {worker.pid for worker in server.workers()}


def has_launcher(server: Server, *, other_than: psutil.Process) -> bool:
    try:
        return server.launcher() != other_than
    except ValueError:
        return False


def is_replaced(server: Server, gone: int) -> bool:
    """Return whether another process answers in its place; by then, the metrics have forgotten it."""
    found = pids(server)
    return gone not in found and len(found) == 2 and workers_up(server) == 2


def kill_a_worker(server: Server) -> None:
    """Kill one, and wait for the one that takes its place."""
    before, began_s = pids(server), time.monotonic()
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: is_replaced(server, min(before)))
    print(f"replaced after {time.monotonic() - began_s:.1f} s")


def check_all(server: Server, cases: list[Case]) -> None:
    """Make sure that each of them is answered, and answered right."""
    tally = Tally()
    for case in cases:
        ask(server.port, case, tally)
    assert tally.counts == {"right": len(cases)}, (tally.codes, tally.notes)


def wait_for_answers(clients: Clients, count: int = SOME) -> None:
    """Wait for so many more right answers."""
    enough = clients.tally.right + count
    wait_until(lambda: clients.tally.right >= enough)


def health(server: Server) -> int:
    try:
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def said(server: Server, what: str) -> int:
    """Return how many lines of the log say something."""
    return sum(what in line for line in server.log_lines())


def half_sent(server: Server, case: Case) -> socket.socket:
    """Begin a request whose body does not go on."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
    head = (
        f"POST {case.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {case.content_type}\r\n"
        f"Content-Length: {len(case.body)}\r\n\r\n"
    )
    line.sendall(head.encode() + case.body[: len(case.body) // 2])
    return line


def owner(server: Server, line: socket.socket) -> psutil.Process | None:
    """Return the process that has accepted a connection."""
    own = line.getsockname()[1]
    for worker in server.workers():
        if any(each.raddr and each.raddr.port == own for each in worker.net_connections("tcp")):
            return worker
    return None


def test_a_worker_that_is_killed_costs_its_own_requests_alone(start: Start, cases: list[Case]) -> None:
    server = start(SER_READ_TIMEOUT_S="600")
    before = pids(server)
    with half_sent(server, cases[0]) as line, Clients(server.port, cases, CLIENTS) as clients:
        wait_until(lambda: owner(server, line))
        wait_for_answers(clients)
        victim = owner(server, line)
        assert victim
        victim.send_signal(signal.SIGKILL)
        killed_s = time.monotonic()
        # Its client is told at once, and does not wait.
        with pytest.raises(ConnectionError):
            raise ConnectionResetError if line.recv(1) == b"" else AssertionError
        wait_until(lambda: is_replaced(server, victim.pid))
        print(f"replaced after {time.monotonic() - killed_s:.1f} s")
        wait_for_answers(clients)
    # Each client had one request there at most.
    assert clients.tally.counts["lost"] <= CLIENTS
    assert set(clients.tally.counts) <= {"right", "lost"}, (clients.tally.codes, clients.tally.notes)
    assert len(pids(server) - before) == 1
    check_all(server, cases)
    assert server.stop() == 0


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSEGV])
def test_decoders_that_die_cost_no_wrong_answer(
    sent: signal.Signals, start: Start, cases: list[Case]
) -> None:
    server = start()
    killed = 0
    with Clients(server.port, cases, CLIENTS) as clients:
        while killed < 3 * CLIENTS:
            for each in server.decoders():
                # It may have died of the signal before.
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(sent)
                    killed += 1
            wait_for_answers(clients, 2)
    # Refused is a file whose decoder died twice, or in the midst of a recording, or before it began.
    found = clients.tally
    assert set(found.counts) <= {"right", "error", "refused"}, (found.codes, found.notes)
    assert set(found.codes) <= {"decode_failed", "busy"}
    check_all(server, cases)
    assert server.stop() == 0


def test_decoders_that_stand_still_are_replaced(start: Start, cases: list[Case], clips: list[Case]) -> None:
    # After 10 s.
    server = start(SER_MAX_DECODING_S="1")
    with Clients(server.port, clips, CLIENTS) as clients:
        wait_for_answers(clients)
        stopped = server.decoders()
        for each in stopped:
            each.suspend()
        # All that were there; others take their places.
        wait_until(lambda: not {each.pid for each in stopped} & {each.pid for each in server.decoders()})
        wait_for_answers(clients)
    assert set(clients.tally.counts) <= {"right", "error"}, (clients.tally.codes, clients.tally.notes)
    assert set(clients.tally.codes) <= {"decode_failed"}
    assert clients.tally.counts["error"] <= len(stopped)
    check_all(server, cases)
    assert server.stop() == 0


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSEGV])
def test_a_launcher_that_dies_is_replaced(sent: signal.Signals, start: Start, cases: list[Case]) -> None:
    server = start()
    with Clients(server.port, cases, CLIENTS) as clients:
        for _ in range(3):
            launcher = server.launcher()
            launcher.send_signal(sent)
            wait_until(lambda gone=launcher: has_launcher(server, other_than=gone))
            wait_for_answers(clients)
    # Whoever asks for a decoder at that moment is told to come again.
    assert set(clients.tally.counts) <= {"right", "refused"}, (clients.tally.codes, clients.tally.notes)
    check_all(server, cases)
    assert server.stop() == 0


def test_a_launcher_that_hangs_is_replaced(start: Start, clips: list[Case]) -> None:
    server = start()
    launcher = server.launcher()
    launcher.suspend()
    wait_until(lambda: has_launcher(server, other_than=launcher))
    check_all(server, clips)
    assert server.stop() == 0


def test_a_worker_begins_although_the_launcher_stands_still(start: Start, clips: list[Case]) -> None:
    server = start()
    launcher = server.launcher()
    launcher.suspend()
    kill_a_worker(server)
    assert health(server) == 200
    # On a slow machine, it was replaced by now.
    with suppress(psutil.NoSuchProcess):
        launcher.resume()
    check_all(server, clips)
    assert server.stop() == 0


def test_too_many_clients_are_told_so_at_once(start: Start, clips: list[Case]) -> None:
    server = start(SER_MAX_WAITING="2")
    # Three times as many as there are places, and those who compute.
    with Clients(server.port, clips, 3 * CLIENTS) as clients:
        wait_until(lambda: clients.tally.counts["refused"] >= SOME)
        wait_for_answers(clients)
    assert set(clients.tally.counts) == {"right", "refused"}, (clients.tally.codes, clients.tally.notes)
    check_all(server, clips)
    assert server.stop() == 0


def test_a_log_that_is_full_costs_no_answer(start: Start, clips: list[Case]) -> None:
    limit_bytes = 512 * 1024
    # Some lines find room. The metrics' files are smaller than the limit.
    filled = f"head -c {limit_bytes - 20_000} /dev/zero | tr '\\0' '\\n'"
    server = start(command=f"ulimit -f {limit_bytes // 512}; {filled}; exec ser serve")
    with Clients(server.port, clips, CLIENTS) as clients:
        wait_until(lambda: server.log.stat().st_size == limit_bytes)
        wait_for_answers(clients)
    assert set(clients.tally.counts) == {"right"}, (clients.tally.codes, clients.tally.notes)
    kill_a_worker(server)
    check_all(server, clips)
    assert server.stop() == 0
    assert server.log.stat().st_size == limit_bytes


def can_mount() -> bool:
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"]
    if not shutil.which("unshare"):
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="nobody may mount a file system here")
def test_full_memory_for_metrics_costs_no_answer(start: Start, clips: list[Case]) -> None:
    mount = "mount -t tmpfs -o size=20m tmpfs /dev/shm && exec ser serve"
    server = start(command=f"exec unshare -m sh -c '{mount} \"$@\"' sh")
    full = Path(f"/proc/{server.process.pid}/root/dev/shm/full")
    with full.open("wb", buffering=0) as file:
        # It writes what there is room for.
        assert file.write(bytes(32 * 1024**2)) < 20 * 1024**2
    before = pids(server)
    with Clients(server.port, clips, CLIENTS) as clients:
        wait_for_answers(clients)
        os.kill(min(before), signal.SIGKILL)
        # The new one counts nothing, and answers.
        wait_until(lambda: said(server, "There is no memory for the metrics"))
        wait_for_answers(clients)
    assert set(clients.tally.counts) <= {"right", "lost"}, (clients.tally.codes, clients.tally.notes)
    assert clients.tally.counts["lost"] <= CLIENTS
    assert len(pids(server)) == 2
    for _ in range(3):
        check_all(server, clips)
    assert server.stop() == 0


def test_too_little_memory_to_decode_is_an_error_of_the_contract(start: Start, clips: list[Case]) -> None:
    minutes = np.resize(decode(CLIPS[0].path), 120 * SAMPLE_RATE_HZ)
    cases = [*clips, *traffic.with_answers([traffic.case("long", "/predict", transcode(minutes, "flac"))])]
    server = start()
    check_all(server, cases)
    assert server.decoders()
    for each in server.decoders():
        # The hard limit, which a decoder cannot raise: it gets no more than it has.
        most = each.memory_info().rss
        each.rlimit(psutil.RLIMIT_AS, (most, most))
    tally = Tally()
    for case in cases:
        ask(server.port, case, tally)
    assert set(tally.counts) <= {"right", "error"}, tally.notes
    assert set(tally.codes) == {"decode_failed"}
    for each in server.decoders():
        each.kill()
    check_all(server, cases)
    assert server.stop() == 0


def test_too_little_memory_to_compute_is_said_as_such(start: Start, clips: list[Case]) -> None:
    seconds = np.resize(decode(CLIPS[0].path), 100 * SAMPLE_RATE_HZ)
    (long,) = traffic.with_answers([traffic.case("long", "/predict", transcode(seconds, "flac"))])
    server = start()
    check_all(server, clips)
    for worker in server.workers():
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms + 20 * 1024**2, -1))
    tally = Tally()
    for _ in range(6):
        ask(server.port, long, tally)
    assert set(tally.codes) == {"busy"}, (tally.counts, tally.codes, tally.notes)
    for worker in server.workers():
        worker.rlimit(psutil.RLIMIT_AS, (-1, -1))
    check_all(server, [*clips, long])
    assert server.stop() == 0


def test_a_worker_without_room_for_threads_goes_on(start: Start, clips: list[Case]) -> None:
    # A thread takes a gigabyte of addresses: there is room for other things, and for no more threads.
    server = start(command="ulimit -s 1000000; exec ser serve")
    before = pids(server)
    for worker in server.workers():
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms + 600 * 1024**2, -1))
    with Clients(server.port, clips, CLIENTS) as clients:
        wait_for_answers(clients)
    assert set(clients.tally.counts) == {"right"}, (clients.tally.codes, clients.tally.notes)
    assert pids(server) == before
    for worker in server.workers():
        worker.rlimit(psutil.RLIMIT_AS, (-1, -1))
    check_all(server, clips)
    assert server.stop() == 0


def test_a_worker_without_room_for_connections_goes_on(start: Start, clips: list[Case]) -> None:
    server = start()
    before = pids(server)
    limits = {}
    for worker in server.workers():
        limits[worker] = worker.rlimit(psutil.RLIMIT_NOFILE)
        worker.rlimit(psutil.RLIMIT_NOFILE, (worker.num_fds() + 2, limits[worker][1]))
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) for _ in range(20)]
    wait_until(lambda: said(server, "No more clients can be accepted"))
    for line in lines:
        line.close()
    for worker, limit in limits.items():
        worker.rlimit(psutil.RLIMIT_NOFILE, limit)
    check_all(server, clips)
    assert pids(server) == before
    assert server.stop() == 0


@pytest.mark.parametrize("what", ["be started", "begin"])
def test_a_server_that_can_start_no_process_goes_on_with_those_it_has(
    what: str, start: Start, clips: list[Case]
) -> None:
    server = start()
    first = psutil.Process(server.process.pid)
    limit = first.rlimit(psutil.RLIMIT_NOFILE)
    # For the file of a heartbeat there is room, or not; for what a process needs then, there is not.
    first.rlimit(psutil.RLIMIT_NOFILE, (3 if what == "be started" else first.num_fds() + 1, limit[1]))
    before = pids(server)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: said(server, f"A process could not {what}"))
    check_all(server, clips)
    first.rlimit(psutil.RLIMIT_NOFILE, limit)
    wait_until(lambda: len(pids(server)) == 2 and workers_up(server) == 2)
    check_all(server, clips)
    assert server.stop() == 0


JUMPING = """
import itertools, time
real, days = time.time, itertools.cycle((0, 1, -1))
time.time = lambda: real() + 86400 * next(days)
"""


def test_a_clock_that_jumps_by_days_changes_nothing(start: Start, cases: list[Case], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    server = start(PYTHONPATH=str(tmp_path), SER_GRACE_S="600", SER_READ_TIMEOUT_S="600")
    before = pids(server)
    with Clients(server.port, cases, CLIENTS) as clients:
        wait_for_answers(clients)
    assert set(clients.tally.counts) == {"right"}, (clients.tally.codes, clients.tally.notes)
    assert pids(server) == before
    # Who is there when it is to stop has the grace time, not more and not less.
    with half_sent(server, cases[0]) as line:
        wait_until(lambda: owner(server, line))
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: said(server, "Handling signal: term"))
        wait_until(lambda: not is_listening(server))
        line.sendall(cases[0].body[len(cases[0].body) // 2 :])
        response = http.client.HTTPResponse(line)
        response.begin()
        assert traffic.lasting(json.loads(response.read())) == cases[0].answer
    assert server.process.wait(DEADLINE_S) == 0


def is_listening(server: Server) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", server.port)) == 0


@pytest.mark.parametrize("path", ["/predict", "/analyze"])
def test_clients_that_reset_after_every_kilobyte_leave_nothing(
    path: str, start: Start, cases: list[Case], clips: list[Case]
) -> None:
    server = start()
    check_all(server, cases)
    before = pids(server)
    asked = dataclasses.replace(clips[1], path=path)
    for sent_bytes in range(0, len(asked.body) + 1, 1024):
        traffic.reset_amid(server.port, asked, sent_bytes)
    wait_until(lambda: not any(worker.net_connections("tcp")[1:] for worker in server.workers()))
    # As many places for long recordings as before.
    for _ in range(MAX_AT_ONCE):
        check_all(server, cases)
    assert pids(server) == before
    wait_until(lambda: len(server.decoders()) <= 2 * len(before))
    assert not said(server, '"level": "ERROR"')
    assert server.stop() == 0


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with one model, `own`."""
    copied_model(tmp_path / "models" / "own", MODEL)
    return tmp_path / "models"


def replace(model: Path, by: Path) -> None:
    """Put another model into the place of one, as `ser train` does."""
    new = copied_model(model.with_name(".new"), by)
    manifest = json.loads((new / MANIFEST).read_text()) | {"name": model.name}
    (new / MANIFEST).write_text(json.dumps(manifest))
    model.rename(model.with_name(".old"))
    new.rename(model)


def no_manifest(model: Path) -> None:
    (model / MANIFEST).unlink()


def changed_file(model: Path) -> None:
    content = bytearray((model / ONNX_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (model / ONNX_FILE).write_bytes(content)


def no_network(model: Path) -> None:
    """The file is what the manifest says, and no network."""
    (model / ONNX_FILE).write_bytes(b"no network")
    manifest = json.loads((model / MANIFEST).read_text())
    manifest["sha256"][ONNX_FILE] = hashlib.sha256(b"no network").hexdigest()
    (model / MANIFEST).write_text(json.dumps(manifest))


BREAKS = [no_manifest, changed_file, no_network]


def settings_of(models: Path) -> dict[str, str]:
    return {"SER_MODEL_DIR": str(models), "SER_MODEL": "own"}


@pytest.mark.parametrize("damage", BREAKS)
def test_a_model_that_is_broken_at_the_start_is_named_and_can_be_mended(
    damage: Callable[[Path], None], start: Start, models: Path, clips: list[Case]
) -> None:
    damage(models / "own")
    server = start(**settings_of(models))
    assert health(server) == 503
    assert said(server, "model 'own' left out")
    tally = Tally()
    ask(server.port, clips[0], tally)
    assert tally.codes == {"model_unavailable": 1}
    shutil.rmtree(models / "own")
    copied_model(models / "own", MODEL)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: said(server, "The models are loaded anew"))
    wait_until(lambda: {health(server) for _ in range(10)} == {200})
    check_all(server, clips)
    assert server.stop() == 0


@pytest.mark.parametrize("damage", BREAKS)
def test_a_broken_model_does_not_replace_one_that_works(
    damage: Callable[[Path], None], start: Start, models: Path, clips: list[Case]
) -> None:
    server = start(**settings_of(models))
    before = pids(server)
    damage(models / "own")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: said(server, REFUSED))
    assert before <= pids(server)
    check_all(server, clips)
    # Nor does it get in with a process that takes the place of another.
    kill_a_worker(server)
    for _ in range(3):
        check_all(server, clips)
    assert server.stop() == 0


def test_a_new_model_replaces_the_old_one_while_clients_ask(
    start: Start, models: Path, clips: list[Case]
) -> None:
    server = start(**settings_of(models))
    old_pids = pids(server)
    new = traffic.with_answers(clips, model_dir=PUBLISHED.parent, model=PUBLISHED.name)
    either = [dataclasses.replace(old, other=each.answer) for old, each in zip(clips, new, strict=True)]
    with Clients(server.port, either, CLIENTS) as clients:
        wait_for_answers(clients)
        replace(models / "own", PUBLISHED)
        # What is on the disk counts when the server is told so.
        check_all(server, clips)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not old_pids & pids(server))
        wait_for_answers(clients)
    assert set(clients.tally.counts) == {"right"}, (clients.tally.codes, clients.tally.notes)
    for _ in range(3):
        check_all(server, new)
    assert server.stop() == 0
