"""A campaign of damaged input: over the decoding of files, over requests, and over live streams.

    make fuzz N=200000

Damage number I of seed S is the same on each run, whatever the number of processes. Each find is made
smaller, and stored in `tests/data/finds`, where `tests/fuzz/test_finds.py` tries it again from then on.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random

import click
import psutil
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import Decoding, Requests, Streams, Target, bound_memory, crashes
from tests.fuzz.wire import damaged_request, damaged_stream
from tqdm import tqdm

from clips import DATA
from server import Server
from waiting import wait_until

FINDS = DATA / "finds"
# Of a thousand, how many go to each target.
SHARES = {"decoding": 700, "requests": 250, "streams": 50}
ENDED = "the process was ended"
# So often a find is tried smaller.
_SMALLER_TRIES = 400
_REPORT_EVERY = 20
# A server that limits clients as any, and does not wait for them for long.
SETTINGS = {
    "SER_WORKERS": "2",
    "SER_THREADS": "16",
    "SER_READ_TIMEOUT_S": "1",
    "SER_STREAM_IDLE_S": "0.5",
    "SER_MAX_DECODING_S": "3",
}


def damaged_file(seeds: dict[str, bytes], rng: Random) -> bytes:
    """Return a damaged file."""
    contents = list(seeds.values())
    return mutated(rng.choice(contents), contents, rng)


MAKERS = {"decoding": damaged_file, "requests": damaged_request, "streams": damaged_stream}


def target_of(seed: int, number: int) -> tuple[str, Random]:
    """Return which target a damage goes to, and what decides on it."""
    rng = Random(f"{seed}:{number}")
    return rng.choices(list(SHARES), list(SHARES.values()))[0], rng


@dataclass
class Tally:
    """What a campaign found.

    Attributes:
        tried: damages by target.
        faults: what went wrong, and how often.
        finds: files that were stored.
        growth: what a server has more of than at first.
    """

    tried: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    finds: list[Path] = field(default_factory=list)
    growth: list[str] = field(default_factory=list)


class Worker:
    """A process that tries every `step`-th damage; what ends it is a find."""

    def __init__(self, made: dict[str, bytes], seed: int, first: int, end: int, step: int, port: int) -> None:
        self._arguments = (made, seed, end, step, port)
        self._at = multiprocessing.Value("q", first)
        self.ended_by: int | None = None
        self._step = step
        self._start()

    def _start(self) -> None:
        self.ours, its = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.get_context("fork").Process(
            target=_work, args=(*self._arguments, self._at, its), daemon=True
        )
        self.process.start()
        its.close()

    def start_again(self) -> int | None:
        """Go on after the damage that ended the process, and return its number; None if it was at its end."""
        self.process.join()
        if self.process.exitcode == 0:
            return None
        self.ended_by = self.process.exitcode
        number = self._at.value
        self._at.value += self._step
        self._start()
        return number


def _work(
    made: dict[str, bytes],
    seed: int,
    end: int,
    step: int,
    port: int,
    at: Synchronized[int],
    said: Connection,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    targets: dict[str, Target] = {
        "decoding": Decoding(),
        "requests": Requests(port),
        "streams": Streams(port),
    }
    bound_memory()
    tried: Counter[str] = Counter()
    while at.value < end:
        name, rng = target_of(seed, at.value)
        content = MAKERS[name](made, rng)
        fault = targets[name].fault(content)
        tried[name] += 1
        if fault is not None:
            said.send((name, fault, content))
        if tried.total() >= _REPORT_EVERY:
            said.send(tried)
            tried = Counter()
        at.value += step
    said.send(tried)
    os._exit(0)


def run(seed: int, first: int, count: int, processes: int, finds: Path) -> Tally:
    """Try `count` damages from number `first` on, and return what was found."""
    tally, made = Tally(), seeds()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log", **SETTINGS)
        try:
            before = _use(server, made)
            workers = [
                Worker(made, seed, first + n, first + count, processes, server.port) for n in range(processes)
            ]
            found = _watched(workers, made, seed, count, tally)
            for name, fault, content in found:
                small = _smaller(name, fault, content, server.port)
                tally.finds.append(_store(finds, name, small))
            tally.growth = _growth(before, server)
            tally.faults.update(_logged_faults(server))
        finally:
            server.kill()
    return tally


def _watched(
    workers: list[Worker], made: dict[str, bytes], seed: int, count: int, tally: Tally
) -> list[tuple[str, str, bytes]]:
    """Wait for workers, and return one damage for each kind of fault."""
    found: dict[str, tuple[str, str, bytes]] = {}
    with tqdm(total=count, unit="", smoothing=0.02, mininterval=1, file=sys.stderr) as bar:

        def note(name: str, fault: str, content: bytes) -> None:
            kind = f"{name}: {fault}"
            tally.faults[kind] += 1
            found.setdefault(f"{name}: {_kind(fault)}", (name, fault, content))
            bar.set_postfix(faults=tally.faults.total())

        while workers:
            for ready in wait([worker.ours for worker in workers]):
                worker = next(each for each in workers if each.ours is ready)
                try:
                    said = worker.ours.recv()
                except EOFError:
                    number = worker.start_again()
                    if number is None:
                        workers.remove(worker)
                        continue
                    name, rng = target_of(seed, number)
                    bar.write(f"damage {number}: exit code {worker.ended_by}", file=sys.stderr)
                    tally.tried[name] += 1
                    note(name, ENDED, MAKERS[name](made, rng))
                    continue
                if isinstance(said, Counter):
                    tally.tried += said
                    bar.update(said.total())
                else:
                    note(*said)
    return list(found.values())


def _smaller(name: str, fault: str, content: bytes, port: int) -> bytes:
    """Return fewer bytes that have the same fault, as far as some tries find them."""
    if fault == ENDED:
        return smallest(content, crashes)
    target = _target(name, port)
    try:
        return smallest(content, lambda less: _kind(target.fault(less)) == _kind(fault))
    finally:
        target.close()


def _kind(fault: str | None) -> str | None:
    """Return what stays the same of a fault while its file gets smaller."""
    return fault and " ".join(word for word in fault.split() if not any(c.isdigit() for c in word))


def _target(name: str, port: int) -> Decoding | Requests:
    if name == "decoding":
        return Decoding()
    return Requests(port) if name == "requests" else Streams(port)


def smallest(content: bytes, is_fault: Callable[[bytes], bool]) -> bytes:
    """Return fewer bytes that are still a fault: pieces are left out, then set to zero."""
    if not is_fault(content):
        return content
    tries = iter(range(_SMALLER_TRIES))
    for candidate_of in (_without, _zeroed):
        size = max(1, len(content) // 2)
        while size >= 1:
            at = 0
            while at < len(content):
                if next(tries, None) is None:
                    return content
                candidate = candidate_of(content, at, size)
                if candidate != content and is_fault(candidate):
                    at += size if len(candidate) == len(content) else 0
                    content = candidate
                else:
                    at += size
            size //= 2
    return content


def _without(content: bytes, at: int, size: int) -> bytes:
    return content[:at] + content[at + size :]


def _zeroed(content: bytes, at: int, size: int) -> bytes:
    part = content[at : at + size]
    return content[:at] + bytes(len(part)) + content[at + size :]


def _store(finds: Path, name: str, content: bytes) -> Path:
    finds.mkdir(exist_ok=True)
    path = finds / f"{name}-{hashlib.sha256(content).hexdigest()[:10]}.bin"
    path.write_bytes(content)
    return path


def _use(server: Server, made: dict[str, bytes]) -> dict[str, int]:
    """Let a server do a little of everything, and return what it has then."""
    rng = Random(0)
    for _ in range(8):
        Requests(server.port).fault(damaged_request(made, rng))
        Streams(server.port).fault(damaged_stream(made, rng))
    return _holdings(server)


def _holdings(server: Server) -> dict[str, int]:
    workers = server.workers()
    for worker in workers:
        wait_until(
            lambda worker=worker: all(
                each.status == psutil.CONN_LISTEN for each in worker.net_connections("tcp")
            )
        )
    return {
        "workers": len(workers),
        "descriptors": sum(each.num_fds() for each in workers),
        "threads": sum(each.num_threads() for each in workers),
        "decoder processes": len(server.decoders()),
        "memory in MB": sum(each.memory_info().rss for each in workers) // 2**20,
    }


def _growth(before: dict[str, int], server: Server) -> list[str]:
    after = _holdings(server)
    return [f"{name}: {before[name]} -> {after[name]}" for name in before]


def _logged_faults(server: Server) -> Iterator[str]:
    for line in server.logged():
        if line["level"] in ("ERROR", "CRITICAL"):
            yield f"log: {line['message'][:80]}: {line.get('exc_info', '').splitlines()[-1:]}"


@click.command()
@click.option("--mutations", "-n", "count", default=10_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--first", default=0, show_default=True, help="The number of the first damage.")
@click.option("--processes", default=2, show_default=True)
@click.option("--finds", type=click.Path(path_type=Path), default=FINDS, help="Where finds are stored.")
def main(count: int, seed: int, first: int, processes: int, finds: Path) -> None:
    """Damage input COUNT times, and store what does harm."""
    click.echo(f"seed {seed}, damages {first} to {first + count - 1}, {processes} processes")
    started_s = time.monotonic()
    tally = run(seed, first, count, processes, finds)
    minutes = (time.monotonic() - started_s) / 60
    click.echo(f"{tally.tried.total()} damages in {minutes:.1f} minutes: {dict(tally.tried)}")
    click.echo(f"the server, before and after: {'; '.join(tally.growth)}")
    for fault, times in tally.faults.most_common():
        click.echo(f"{times:6} x {fault}")
    for path in tally.finds:
        click.echo(f"stored {path} ({path.stat().st_size} bytes)")
    click.echo(f"{tally.faults.total()} faults")
    sys.exit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
