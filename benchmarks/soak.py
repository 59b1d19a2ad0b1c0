"""Mixed traffic for half an hour: memory, descriptors, threads, times, and whether an answer is wrong.

    python benchmarks/soak.py [--minutes M] [--load SHARE] [--out FOLDER]

One server of two workers. It first finds how many requests of the mixture the server answers per second.
Then it sends a share of that, at random times: clips in all containers, recordings, live streams, garbage,
and uploads that are cut off. Every answer is compared with the one that this program computed before.
Afterwards it offers three times as many clips as it can answer, for a while. It prints a table, and writes
`soak.json` and `soak.png`. It exits with 1 where a promise of docs/reliability.md is not kept. All of it runs
on the cores of this machine, the clients too.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any

import click
import numpy as np
from matplotlib.figure import Figure

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from rate import answers_per_second
from traffic import Mixture, Tally

from ser.evaluation.png import write_png
from server import Server

ROOT = Path(__file__).parents[1]
CLIENTS = 64
PEAK_CLIENTS = 8
OVERLOAD_CLIENTS = 512
SAMPLE_EVERY_S = 5.0
# Before it, threads, caches and decoders come into being.
WARM_UP_SHARE = 0.25
# What docs/reliability.md promises.
MAX_SLOPE_MB_PER_10_MIN = 1.0
MAX_P99_GROWTH = 1.5
OVERLOAD, MIN_GOODPUT_SHARE = 3.0, 0.9
BLUE, ORANGE = "#1f5fa8", "#c75b12"


@dataclass
class Sample:
    """The server at one moment.

    Attributes:
        at_s: when, from the beginning.
        memory_mb: of each worker, what it shares with nobody.
        descriptors: open in all workers.
        threads: of all workers.
        decoders: how many decoder processes there are.
    """

    at_s: float
    memory_mb: dict[int, float]
    descriptors: int
    threads: int
    decoders: int


class Watch:
    """Takes a sample of the server every few seconds, in a thread.

    Args:
        server: it.
    """

    def __init__(self, server: Server) -> None:
        self.samples: list[Sample] = []
        self._server, self._over = server, Event()
        self._began_s = perf_counter()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(SAMPLE_EVERY_S):
            workers = self._server.workers()
            self.samples.append(
                Sample(
                    perf_counter() - self._began_s,
                    {each.pid: each.memory_full_info().uss / 1e6 for each in workers},
                    sum(each.num_fds() for each in workers),
                    sum(each.num_threads() for each in workers),
                    len(self._server.decoders()),
                )
            )


def offer(mixture: Mixture, per_second: float, seconds: float, clients: int) -> None:
    """Send requests at random times, so many per second on the mean, whether or not the last are answered."""
    times = random.Random(2)  # noqa: S311
    next_s = perf_counter()
    end_s = next_s + seconds
    with ThreadPoolExecutor(clients) as pool:
        while next_s < end_s:
            next_s += times.expovariate(per_second)
            sleep(max(0.0, next_s - perf_counter()))
            pool.submit(mixture.ask)


def slopes(samples: list[Sample]) -> dict[int, float]:
    """Return how much the memory of each worker grows, in MB per 10 minutes, after the warm-up."""
    kept = samples[int(WARM_UP_SHARE * len(samples)) :]
    found = {}
    for pid in kept[-1].memory_mb:
        points = [(each.at_s, each.memory_mb[pid]) for each in kept if pid in each.memory_mb]
        at_s, memory_mb = np.array(points).T
        found[pid] = float(600 * np.polyfit(at_s, memory_mb, 1)[0])
    return found


def p99_by_part(tally: Tally, parts: int = 10) -> list[float]:
    """Return the 99th percentile of the time of an answer in each tenth of the time, in ms."""
    at_s, took_s = np.array(sorted(tally.took_s)).T
    bounds = np.linspace(at_s[0], at_s[-1], parts + 1)[1:-1]
    pieces = np.split(took_s, np.searchsorted(at_s, bounds))
    return [float(1e3 * np.percentile(each, 99)) for each in pieces if len(each)]


def overload(mixture: Mixture, seconds: float, peak_seconds: float) -> dict[str, float]:
    """Offer three times the clips that the server can answer; return what came of it.

    Clips alone: of a mixture, another part would be answered than at the peak.
    """
    clips = mixture.anew(clip=100)
    peak = answers_per_second(clips.ask, clients=PEAK_CLIENTS, seconds=peak_seconds)
    during = clips.anew()
    started_s = perf_counter()
    offer(during, OVERLOAD * peak, seconds, OVERLOAD_CLIENTS)
    lasted_s = perf_counter() - started_s
    counts = during.counts()
    ended_s = perf_counter()
    after = clips.anew()
    while not after.counts()["right"]:
        after.ask()
    return {
        "peak_per_s": peak,
        "offered_per_s": OVERLOAD * peak,
        "asked": float(sum(counts.values())),
        "right_per_s": counts["right"] / lasted_s,
        "refused": float(counts["refused"]),
        "lost": float(counts["lost"]),
        "wrong": float(counts["wrong"]),
        "goodput_share": counts["right"] / lasted_s / peak,
        "recovery_s": perf_counter() - ended_s,
    }


def draw(samples: list[Sample], tally: Tally) -> Figure:
    """Return charts of memory, of what is open, and of the times of clips."""
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    memory, opened, times = figure.subplots(1, 3)
    minutes = [each.at_s / 60 for each in samples]
    for pid in samples[-1].memory_mb:
        memory.plot(minutes, [each.memory_mb.get(pid, np.nan) for each in samples])
    memory.set(xlabel="minutes", ylabel="memory of each worker, MB")
    memory.set_ylim(bottom=0)
    for name, color in (("descriptors", BLUE), ("threads", ORANGE), ("decoders", "#3a8f4d")):
        opened.plot(minutes, [getattr(each, name) for each in samples], color=color, label=name)
    opened.set(xlabel="minutes", ylabel="number")
    opened.set_ylim(bottom=0)
    opened.legend()
    p99 = p99_by_part(tally)
    times.plot(np.linspace(0, minutes[-1], len(p99)), p99, "o-", color=BLUE)
    times.set(xlabel="minutes", ylabel="p99 of /predict, ms")
    times.set_ylim(bottom=0)
    for axes in (memory, opened, times):
        axes.grid(alpha=0.3)
    return figure


def faults_of(found: dict[str, Any]) -> list[str]:
    """Return which promises were not kept."""
    grown: dict[str, float] = found["slope_mb_per_10_min"]
    checks = {
        f"{found['wrong']} wrong answers: {found['notes'][:3]}": not found["wrong"],
        f"{found['lost']} requests lost": not found["lost"],
        f"memory grows by {grown} MB per 10 minutes": max(grown.values()) < MAX_SLOPE_MB_PER_10_MIN,
        f"descriptors: {found['descriptors']}": found["descriptors"][1] <= found["descriptors"][0] + 16,
        f"p99 in tenths of the time: {found['p99_ms']}": (
            np.median(found["p99_ms"][-3:]) < MAX_P99_GROWTH * np.median(found["p99_ms"][:3])
        ),
        f"goodput at {OVERLOAD:g} times the peak is {found['overload']['goodput_share']:.0%} of it": (
            found["overload"]["goodput_share"] >= MIN_GOODPUT_SHARE
        ),
        "a worker was replaced": found["workers_stayed"],
    }
    return [name for name, kept in checks.items() if not kept]


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="How long the mixture is sent.")
@click.option("--load", default=0.7, show_default=True, help="Share of the peak.")
@click.option("--peak-seconds", default=20.0, show_default=True, help="How long the peak is looked for.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the results go; benchmarks/ and docs/ by default.",
)
def main(minutes: float, load: float, peak_seconds: float, out: Path | None) -> None:
    """Print a table; see the module."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log", SER_WORKERS="2", SER_MAX_DECODING_S="3")
        try:
            found, samples, clips = measure(server, minutes, load, peak_seconds)
        finally:
            server.stop()
    for name, value in found.items():
        click.echo(f"{name:24}{value}")
    results, picture = (
        (out / "soak.json", out / "soak.png")
        if out
        else (ROOT / "benchmarks" / "soak.json", ROOT / "docs" / "soak.png")
    )
    results.parent.mkdir(parents=True, exist_ok=True)
    kept = found | {"samples": [asdict(each) for each in samples[:: max(1, len(samples) // 200)]]}
    results.write_text(json.dumps(kept, indent=1) + "\n")
    write_png(draw(samples, clips), picture, dpi=100)
    if faults := faults_of(found):
        raise click.ClickException("; ".join(faults))


def measure(
    server: Server, minutes: float, load: float, peak_seconds: float
) -> tuple[dict[str, Any], list[Sample], Tally]:
    """Return the figures, the samples, and what came of the clips."""
    beside = os.getloadavg()[0]
    mixture = Mixture(server.url)
    # The first is for warming up.
    for seconds in (peak_seconds / 4, peak_seconds):
        peak = answers_per_second(mixture.ask, clients=PEAK_CLIENTS, seconds=seconds)
    mixture = mixture.anew()
    pids = {each.pid for each in server.workers()}
    watch = Watch(server)
    offer(mixture, load * peak, 60 * minutes, CLIENTS)
    watch.stop()
    counts, clips = mixture.counts(), mixture.tallies["clip"]
    warm = watch.samples[int(WARM_UP_SHARE * len(watch.samples)) :]
    took_ms = 1e3 * np.array([took for _, took in clips.took_s])
    found = {
        "load_average_before": round(beside, 1),
        "minutes": minutes,
        "peak_per_s": round(peak, 1),
        "offered_per_s": round(load * peak, 1),
        "requests": sum(counts.values()),
        **{kind: dict(tally.counts) for kind, tally in mixture.tallies.items()},
        "refused": counts["refused"],
        "errors": counts["error"],
        "lost": counts["lost"],
        "wrong": counts["wrong"],
        "notes": mixture.notes()[:10],
        "predict_p50_ms": round(float(np.percentile(took_ms, 50)), 1),
        "predict_p99_ms": round(float(np.percentile(took_ms, 99)), 1),
        "p99_ms": [round(each) for each in p99_by_part(clips)],
        "slope_mb_per_10_min": {str(pid): round(each, 2) for pid, each in slopes(watch.samples).items()},
        "memory_mb": [round(max(each.memory_mb.values()), 1) for each in (warm[0], warm[-1])],
        "descriptors": [warm[0].descriptors, warm[-1].descriptors],
        "threads": [warm[0].threads, warm[-1].threads],
        "most_decoders": max(each.decoders for each in watch.samples),
        "overload": overload(mixture, min(30.0, 15 * minutes), peak_seconds),
        "workers_stayed": pids == {each.pid for each in server.workers()},
    }
    return found, watch.samples, clips


if __name__ == "__main__":
    main()
