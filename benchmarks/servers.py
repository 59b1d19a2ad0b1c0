"""Ours and a server as published, side by side: time of a request, requests per second, start and memory.

    python benchmarks/servers.py [--rounds N] [--seconds S] [--check]

One run on one machine, the two in turn, with the same clips and the same client: read the ratios. It writes
`results.json` here and the picture of PERFORMANCE.md. `--check` writes neither, and exits with 1 where a
ratio is more than 25 % below `budget.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

import click
import psutil
from matplotlib.figure import Figure
from rate import answers_per_second
from start import CLIP, ROOT, free_port
from urllib3 import encode_multipart_formdata

from ser.evaluation.png import write_png

HERE = Path(__file__).parent
RESULTS, BUDGET, PICTURE = HERE / "results.json", HERE / "budget.json", ROOT / "docs" / "benchmark.png"
# Our two workers against Flask's own server, which is one process.
COMMANDS = {
    "published": [sys.executable, str(HERE / "published_server.py"), "{port}"],
    "ours": [str(Path(sys.executable).with_name("ser")), "serve", "--port", "{port}"],
}
# How many times better ours are to be. Measured elsewhere, as published: ready after 6 s, and 920 MB; ours
# are to be ready after 1.2 s, and to take 260 MB.
TARGETS = {"predict_p50": 12.0, "throughput_8": 13.0, "ready": 5.0, "memory": 3.5}
TITLES = {
    "predict_p50": "time of POST /predict, one client, median",
    "throughput_8": "requests per second, 8 clients",
    "ready": "time until ready",
    "memory": "memory after the requests",
}
CLIENTS, WARM_UP, LOST_SHARE = 8, 5, 0.25

Figures = dict[str, dict[str, float]]


class Running:
    """A server that is ready.

    Attributes:
        ready_s: how long that took.
    """

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        started = perf_counter()
        # TensorFlow's messages.
        environment = os.environ | {"SER_WORKERS": "2", "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.process = subprocess.Popen(  # noqa: S603
            [part.format(port=port) for part in command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._is_ready():
            if self.process.poll() is not None:
                raise click.ClickException(f"{command[0]} ended before it was ready.")
            sleep(0.01)
        self.ready_s = perf_counter() - started
        self._body, content_type = encode_multipart_formdata({"file": (CLIP.name, CLIP.read_bytes())})
        self._headers = {"Content-Type": content_type}

    def _is_ready(self) -> bool:
        with suppress(OSError):
            return self._ask("GET", "/health")
        return False

    def _ask(self, method: str, path: str, *given: Any) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, *given)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        return answer.status == 200

    def predict_s(self) -> float:
        """Send the clip once; return how long the answer took."""
        started = perf_counter()
        if not self._ask("POST", "/predict", self._body, self._headers):
            raise click.ClickException("A request was refused.")
        return perf_counter() - started

    def per_second(self, duration_s: float) -> float:
        """Send the clip from all clients for some time; return the answers per second."""
        return answers_per_second(self.predict_s, clients=CLIENTS, seconds=duration_s)

    def memory_mb(self) -> float:
        """Return the memory of all its processes, what they share counted once."""
        server = psutil.Process(self.process.pid)
        total_bytes = 0
        for each in [server, *server.children(recursive=True)]:
            # A decoder process ends after each recording.
            with suppress(psutil.NoSuchProcess):
                total_bytes += each.memory_full_info().pss
        return total_bytes / 1e6


@contextmanager
def _running(name: str) -> Iterator[Running]:
    server = Running(COMMANDS[name], free_port())
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def measure(rounds: int, duration_s: float) -> Figures:
    """Return the figures of both servers."""
    with ExitStack() as stack:
        servers = {name: stack.enter_context(_running(name)) for name in COMMANDS}
        firsts_s = {name: server.predict_s() for name, server in servers.items()}
        for server in servers.values():
            for _ in range(WARM_UP):
                server.predict_s()
        times_s: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                times_s[name].append(server.predict_s())
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(2):
            for name, server in servers.items():
                rates[name].append(server.per_second(duration_s / 2))
        found: Figures = {}
        for name, server in servers.items():
            hundredths = quantiles(times_s[name], n=100)
            found[name] = {
                "predict_p50_ms": 1e3 * hundredths[49],
                "predict_p99_ms": 1e3 * hundredths[98],
                "first_request_ms": 1e3 * firsts_s[name],
                "throughput_8_per_s": sum(rates[name]) / 2,
                "ready_s": server.ready_s,
                "memory_mb": server.memory_mb(),
            }
    return found


def ratios_of(found: Figures) -> dict[str, float]:
    """Return how many times better ours are."""
    published, ours = found["published"], found["ours"]
    return {
        "predict_p50": published["predict_p50_ms"] / ours["predict_p50_ms"],
        "throughput_8": ours["throughput_8_per_s"] / published["throughput_8_per_s"],
        "ready": published["ready_s"] / ours["ready_s"],
        "memory": published["memory_mb"] / ours["memory_mb"],
    }


def draw(ratios: dict[str, float]) -> Figure:
    """Return bars of the ratios, with their targets."""
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.subplots()
    names = list(reversed(ratios))
    bars = axes.barh([TITLES[name] for name in names], [ratios[name] for name in names], color="#1f5fa8")
    axes.bar_label(bars, fmt="%.1f", padding=3)
    for row, name in enumerate(names):
        axes.plot([TARGETS[name]] * 2, [row - 0.4, row + 0.4], color="#c75b12", label="target" * (not row))
    axes.set_xlabel("times better than a server as published")
    axes.margins(x=0.1)
    axes.legend(loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


@click.command()
@click.option("--rounds", default=60, show_default=True, help="Requests of one client to each server.")
@click.option("--seconds", default=16.0, show_default=True, help="How long 8 clients ask each server.")
@click.option("--check", is_flag=True, help="Only compare the ratios with budget.json.")
def main(rounds: int, seconds: float, check: bool) -> None:
    """Print a table; see the module."""
    found = measure(rounds, seconds)
    ratios = ratios_of(found)
    click.echo(f"{'':20}{'published':>12}{'ours':>12}")
    for name, value in found["published"].items():
        click.echo(f"{name:20}{value:12.1f}{found['ours'][name]:12.1f}")
    for name, ratio in ratios.items():
        state = "met" if ratio >= TARGETS[name] else "NOT MET"
        click.echo(f"{TITLES[name]}: {ratio:.1f} times better (target {TARGETS[name]:g}: {state})")
    if check:
        budget = json.loads(BUDGET.read_text())
        lost = [name for name, least in budget.items() if ratios[name] < (1 - LOST_SHARE) * least]
        if lost:
            raise click.ClickException(
                f"More than {LOST_SHARE:.0%} worse than budget.json: {', '.join(lost)}."
            )
        return
    rounded = {name: {key: round(value, 2) for key, value in each.items()} for name, each in found.items()}
    kept = {"ratios": {name: round(ratio, 2) for name, ratio in ratios.items()}, **rounded}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
    write_png(draw(ratios), PICTURE, dpi=110)


if __name__ == "__main__":
    main()
