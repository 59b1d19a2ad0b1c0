"""Delay from the last sample of a window until its result, with one live stream and with many.

    python benchmarks/streams.py [--streams 1 100] [--seconds 40] [--cremad DIR]

Each stream plays real clips with their pauses, in real time and in chunks of 100 ms. The server runs on
`--server-cores`. This program runs on the other cores; it plays the clips and calls /predict once a second. A
delay counts from when the chunk with the window's last sample was sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

import librosa
import numpy as np
import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clips import CLIPS
from ser import corpora
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.features.trimming import TRIM_TOP_DB
from server import Server

CHUNK = SAMPLE_RATE_HZ // 10
CONFIG = json.dumps({"type": "config", "sample_rate_hz": SAMPLE_RATE_HZ})
PROCESSES = 2
CLIPS_PER_STREAM = 20
STARTING_S = 5.0
LEEWAY_S = 30.0


@dataclass
class StreamResults:
    """Results of some streams."""

    delays_ms: list[float] = field(default_factory=list)
    utterances: int = 0
    ends: list[str] = field(default_factory=list)


async def play(url: str, sound: bytes, seconds: float, late_s: float, results: StreamResults) -> None:
    """Play a recording in real time, in a loop, and record when results arrive."""
    await asyncio.sleep(late_s)
    sent_s: list[float] = []

    async def receive() -> None:
        async for text in connection:
            message = json.loads(text)
            if message["type"] == "result":
                last = max(message["end_ms"] * SAMPLE_RATE_HZ // 1000 - 1, 0) // CHUNK
                results.delays_ms.append(1e3 * (perf_counter() - sent_s[last]))
            results.utterances += message["type"] == "speech_ended"

    async with connect(url, compression=None, max_queue=None) as connection:
        # A server that does not keep up refuses it, perhaps before the configuration has arrived.
        with suppress(ConnectionClosed):
            await connection.send(CONFIG)
        if (answer := json.loads(await connection.recv()))["type"] != "ready":
            results.ends.append(answer["code"])
            return
        receiving = asyncio.create_task(receive())
        began_s = perf_counter()
        try:
            for chunk in chunks(sound, int(seconds * SAMPLE_RATE_HZ / CHUNK)):
                await asyncio.sleep(began_s + CHUNK / SAMPLE_RATE_HZ * (len(sent_s) + 1) - perf_counter())
                sent_s.append(perf_counter())
                await connection.send(chunk)
            await connection.send('{"type": "end"}')
        except ConnectionClosed:
            pass
        with suppress(ConnectionClosed):
            await receiving
        results.ends.append(connection.close_reason or str(connection.close_code))


def chunks(sound: bytes, count: int) -> Iterator[bytes]:
    """Cut 16-bit sound into chunks of 100 ms, in a loop."""
    length = 2 * CHUNK
    usable = len(sound) // length * length
    for number in range(count):
        at = number * length % usable
        yield sound[at : at + length]


def play_many(url: str, sounds: list[bytes], seconds: float, cores: list[int]) -> StreamResults:
    """Play recordings at once, each from a random time within the first seconds."""
    os.sched_setaffinity(0, cores)
    results = StreamResults()
    late_s = np.random.default_rng(os.getpid()).uniform(0, STARTING_S if len(sounds) > 1 else 0, len(sounds))

    async def all_of_them() -> None:
        async with asyncio.timeout(seconds + STARTING_S + LEEWAY_S), asyncio.TaskGroup() as group:
            for sound, late in zip(sounds, late_s, strict=True):
                group.create_task(play(url, sound, seconds, late, results))

    asyncio.run(all_of_them())
    return results


def predict_meanwhile(url: str, seconds: float, cores: list[int]) -> list[float]:
    """Call /predict once a second and return the time of each call, in ms."""
    os.sched_setaffinity(0, cores)
    clip = CLIPS[0].path.read_bytes()
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        + clip
        + b"\r\n--cut--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    took_ms = []
    over_s = perf_counter() + seconds
    while (began_s := perf_counter()) < over_s:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=LEEWAY_S)
        connection.request("POST", "/predict", body, headers)
        assert connection.getresponse().status == 200
        connection.close()
        took_ms.append(1e3 * (perf_counter() - began_s))
        sleep(max(0.0, began_s + 1 - perf_counter()))
    return took_ms


def recordings(clips: list[Path], count: int, *, pauses: bool) -> list[bytes]:
    """Return `count` recordings of clips in random order, 16-bit."""
    rng = np.random.default_rng(1)
    chosen = [rng.choice(len(clips), min(CLIPS_PER_STREAM, len(clips)), replace=False) for _ in range(count)]
    waves = {}
    for i in sorted(set(np.concatenate(chosen))):
        y = decode(clips[i])
        y = y if pauses else librosa.effects.trim(y, top_db=TRIM_TOP_DB)[0]
        waves[i] = np.round(y * 32767).astype("<i2")
    return [np.concatenate([waves[i] for i in order]).tobytes() for order in chosen]


def used_s(process: psutil.Process) -> float:
    """Return the processor time of a process and its children, in s."""
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def memory_mb(process: psutil.Process) -> float:
    """Return the memory of a process and its children, in MB; shared memory counts once for each."""
    return float(sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 1e6)


def measure(sounds: list[bytes], seconds: float, server_cores: list[int], cores: list[int]) -> None:
    """Start a server, play some recordings at once, and print the results."""
    os.sched_setaffinity(0, server_cores)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log", SER_WORKERS=str(len(server_cores)))
        os.sched_setaffinity(0, cores)
        try:
            stream_url = server.url.replace("http", "ws", 1) + "/stream"
            process = psutil.Process(server.process.pid)
            used, memory, began_s = used_s(process), memory_mb(process), perf_counter()
            with ProcessPoolExecutor(PROCESSES + 1) as pool:
                parts = [sounds[i::PROCESSES] for i in range(PROCESSES) if sounds[i::PROCESSES]]
                playing = [pool.submit(play_many, stream_url, part, seconds, cores) for part in parts]
                asking = pool.submit(predict_meanwhile, server.url, seconds, cores)
                sleep(seconds)
                used, grown = used_s(process) - used, memory_mb(process) - memory
                lasted_s = perf_counter() - began_s
                results = [each.result() for each in playing]
                predict_ms = asking.result()
        finally:
            server.stop()
    delays_ms = [delay for each in results for delay in each.delays_ms]
    ends = Counter(end for each in results for end in each.ends)
    print(
        f"{len(sounds)} streams, {sum(each.utterances for each in results)} utterances",
        f"delay {summary(delays_ms)}",
        f"/predict meanwhile {summary(predict_ms)}",
        f"{used / lasted_s:.2f} cores, {grown:+.0f} MB; ended: {dict(ends)}",
        sep="\n  ",
    )


def summary(times_ms: list[float]) -> str:
    """Return median, 95th percentile and maximum."""
    p50, p95, longest = np.percentile(times_ms, [50, 95, 100])
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {longest:.0f} ms of {len(times_ms)}"


def main() -> None:
    """Print one row per number of streams."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--cremad", type=Path, help="clips of CREMA-D instead of the twelve of tests/data")
    parser.add_argument(
        "--without-pauses", action="store_true", help="trim the clips: all streams speak without pauses"
    )
    parser.add_argument("--server-cores", default="0,1")
    args = parser.parse_args()
    clips = corpora.load("cremad", args.cremad) if args.cremad else CLIPS
    server_cores = [int(core) for core in args.server_cores.split(",")]
    cores = sorted(set(range(os.cpu_count() or 1)) - set(server_cores)) or server_cores
    print(f"server on cores {server_cores}, this program on {cores}; load before: {os.getloadavg()[0]:.1f}")
    for count in args.streams:
        sounds = recordings([clip.path for clip in clips], count, pauses=not args.without_pauses)
        measure(sounds, args.seconds, server_cores, cores)


if __name__ == "__main__":
    main()
