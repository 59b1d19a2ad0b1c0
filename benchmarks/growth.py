"""How cost grows: with the length of a clip, with the number of clients, and with the models in memory.

    python benchmarks/growth.py

One server of two workers. It prints three tables and draws the picture of PERFORMANCE.md. All of it runs on
the cores of this machine, the clients too.
"""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from time import perf_counter

import click
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from servers import COMMANDS, Running
from start import CLIP, ROOT, free_port
from urllib3 import encode_multipart_formdata

from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.evaluation.png import write_png
from ser.features.trimming import trimmed
from ser.models import store
from ser.models.manifest import ONNX_FILE

# Its first half second is speech.
SPEECH = ROOT / "tests" / "data" / "1049_IEO_ANG_HI.webm"
PICTURE = ROOT / "docs" / "growth.png"
PREDICTED_S = (0.5, 1, 3, 10, 30, 100, 300)
ANALYSED_S = (60, 600, 3600, 14_400)
CLIENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
REPEATS = 5
BLUE, ORANGE = "#1f5fa8", "#c75b12"


def recording(seconds: float) -> bytes:
    """Return a WAV file of 16 kHz: a clip without its silence, again and again."""
    once = np.round(trimmed(decode(SPEECH))[0] * 32767).astype("<i2")
    samples = np.resize(once, int(seconds * SAMPLE_RATE_HZ))
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE_HZ)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def posted_s(port: int, path: str, content: bytes, model: str = "") -> float:
    """Send a file; return how long the answer took."""
    body, content_type = encode_multipart_formdata({"model": model, "file": ("x", content)})
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    started = perf_counter()
    connection.request("POST", path, body, {"Content-Type": content_type})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise click.ClickException(f"{path} answered {answer.status}.")
    return perf_counter() - started


@dataclass
class Load:
    """What some clients saw, who asked again and again.

    Attributes:
        clients: how many.
        answered_s: how long each answer took.
        refused_s: how long each refusal took.
        lasted_s: how long they asked.
        memory_mb: of the server afterwards.
    """

    clients: int
    answered_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    lasted_s: float = 0.0
    memory_mb: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers, without the refusals."""
        return len(self.answered_s) / self.lasted_s


async def _ask(port: int, request: bytes, until_s: float, load: Load) -> None:
    while (started := perf_counter()) < until_s:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        refused = answer.startswith(b"HTTP/1.1 503")
        (load.refused_s if refused else load.answered_s).append(perf_counter() - started)
        if refused:
            # As Retry-After asks for.
            await asyncio.sleep(1)


def under_load(port: int, clients: int, duration_s: float) -> Load:
    """Let clients ask at once, each again as soon as it has its answer."""
    body, content_type = encode_multipart_formdata({"file": (CLIP.name, CLIP.read_bytes())})
    head = (
        f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    load = Load(clients)

    async def ask_all() -> None:
        until_s = perf_counter() + duration_s
        await asyncio.gather(*(_ask(port, head.encode() + body, until_s, load) for _ in range(clients)))

    started = perf_counter()
    asyncio.run(ask_all())
    load.lasted_s = perf_counter() - started
    return load


@contextmanager
def serving() -> Iterator[Running]:
    """Run a server of two workers."""
    server = Running(COMMANDS["ours"], free_port())
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def by_length(server: Running) -> dict[str, list[tuple[float, float, float]]]:
    """Return length, time and memory of the server, by path."""
    found: dict[str, list[tuple[float, float, float]]] = {"/predict": [], "/analyze": []}
    for path, lengths in (("/predict", PREDICTED_S), ("/analyze", ANALYSED_S)):
        for length_s in lengths:
            content = recording(length_s)
            times = [posted_s(server.port, path, content) for _ in range(REPEATS if length_s < 600 else 1)]
            found[path].append((length_s, float(np.median(times)), server.memory_mb()))
            click.echo(
                f"{path} {length_s:g} s: {1e3 * found[path][-1][1]:.0f} ms, {found[path][-1][2]:.0f} MB"
            )
    return found


def by_clients(server: Running, duration_s: float) -> list[Load]:
    """Return what each number of clients saw."""
    found = []
    for clients in CLIENTS:
        load = under_load(server.port, clients, duration_s)
        load.memory_mb = server.memory_mb()
        found.append(load)
        p50, p95 = np.percentile(load.answered_s, [50, 95]) * 1e3
        refusals = f", {len(load.refused_s)} refused" if load.refused_s else ""
        if load.refused_s:
            refusals += f" within {np.percentile(load.refused_s, 95) * 1e3:.0f} ms (p95)"
        click.echo(
            f"{clients} clients: {load.per_second:.0f} answers/s, p50 {p50:.0f} ms, p95 {p95:.0f} ms, "
            f"{load.memory_mb:.0f} MB{refusals}"
        )
    return found


def by_models(duration_s: float) -> list[tuple[int, float, float]]:
    """Return how many models were asked for, the memory then, and the time of the default one."""
    names = [
        name
        for name, directory in store.find_all(ROOT / "model", "cremad-4").directories.items()
        if directory.manifest.task == "emotion" and (directory.path / ONNX_FILE).is_file()
    ]
    clip, found = CLIP.read_bytes(), []
    with serving() as server:
        for count, name in enumerate(names):
            # Both workers get to know it.
            for _ in range(4):
                posted_s(server.port, "/predict", clip, name)
            times = [posted_s(server.port, "/predict", clip) for _ in range(max(3, int(duration_s)))]
            found.append((count + 1, server.memory_mb(), float(np.median(times))))
            click.echo(f"{count + 1} models asked for: {found[-1][1]:.0f} MB, {1e3 * found[-1][2]:.0f} ms")
    return found


def draw(
    lengths: dict[str, list[tuple[float, float, float]]],
    loads: list[Load],
    models: list[tuple[int, float, float]],
) -> Figure:
    """Return three pairs of charts."""
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    of_length, of_clients, of_models = zip(*figure.subplots(2, 3), strict=True)
    for (path, rows), color in zip(lengths.items(), (BLUE, ORANGE), strict=True):
        length_s, took_s, memory_mb = zip(*rows, strict=True)
        of_length[0].loglog(length_s, took_s, "o-", color=color, label=path)
        of_length[1].semilogx(length_s, memory_mb, "o-", color=color, label=path)
    clients = [load.clients for load in loads]
    of_clients[0].semilogx(clients, [load.per_second for load in loads], "o-", color=BLUE, base=2)
    answered_s = [np.median(load.answered_s) for load in loads]
    of_clients[1].loglog(clients, answered_s, "o-", color=BLUE, label="answer, median")
    refusals = {load.clients: np.percentile(load.refused_s, 95) for load in loads if load.refused_s}
    if refusals:
        of_clients[1].loglog(refusals.keys(), refusals.values(), "o-", color=ORANGE, label="refusal, p95")
    count, memory_mb, took_s = zip(*models, strict=True)
    of_models[0].plot(count, [1e3 * each for each in took_s], "o-", color=BLUE)
    of_models[1].plot(count, memory_mb, "o-", color=BLUE)
    of_length[0].legend()
    of_clients[1].legend()
    _label(of_length[0], "length, s", "time, s")
    _label(of_length[1], "length, s", "memory, MB", from_zero=True)
    _label(of_clients[0], "clients", "answers per second", from_zero=True)
    _label(of_clients[1], "clients", "time, s")
    _label(of_models[0], "models asked for", "time of the default model, ms", from_zero=True)
    _label(of_models[1], "models asked for", "memory, MB", from_zero=True)
    return figure


def _label(axes: Axes, x: str, y: str, *, from_zero: bool = False) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    if from_zero:
        axes.set_ylim(bottom=0)


@click.command()
@click.option("--seconds", default=8.0, show_default=True, help="How long each number of clients asks.")
def main(seconds: float) -> None:
    """Print three tables, and draw them."""
    with serving() as server:
        lengths = by_length(server)
    with serving() as server:
        loads = by_clients(server, seconds)
    write_png(draw(lengths, loads, by_models(seconds)), PICTURE, dpi=100)


if __name__ == "__main__":
    main()
