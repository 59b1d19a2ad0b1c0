"""Speed and memory of `ser batch`.

    python benchmarks/batch.py speed [--minutes 5] [--calls 24]
    python benchmarks/batch.py memory [--files 10000]

`speed` analyses calls of some minutes with one worker on one core, and with two on two, and prints what
that is for one million calls. `memory` analyses many short files and prints the memory of the run and of its
workers over time. Both make their archives of the clips of the tests, in a temporary folder, and run
`ser batch` as a user does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import click
import numpy as np
import psutil
from pyarrow import parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))
from clips import CLIPS, sound_file
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

SER = Path(sys.executable).with_name("ser")
PAUSE_S = 1.0
INTERVAL_S = 0.5
# On paper: so many calls, minutes of each, and workers.
MANY, CALL_MINUTES, WORKERS = 1_000_000, 5, 100


def call(minutes: float, shift: int) -> Waveform:
    """Return a call [shape=(n,)], float32, 16 kHz mono: clips and pauses, half of it speech or so."""
    length = int(60 * minutes * SAMPLE_RATE_HZ)
    pause = np.zeros(int(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    clips = [decode(clip.path) for clip in CLIPS]
    parts, samples = [], 0
    for clip in islice(cycle(clips), shift, None):
        parts += [clip, pause]
        samples += len(clip) + len(pause)
        if samples >= length:
            return np.concatenate(parts)[:length]
    raise AssertionError


def started(archive: Path, out: Path, jobs: int, cores: str) -> psutil.Popen:
    """Begin a batch on some cores."""
    command = ["taskset", "-c", cores, SER, "batch", archive, "--out", out, "--jobs", str(jobs)]
    environment = os.environ | {"SER_MAX_DECODING_S": "60"}
    return psutil.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )


def finished(run: psutil.Popen) -> str:
    """Wait for a batch, and return its first line."""
    output, _ = run.communicate()
    if run.returncode:
        raise click.ClickException(f"`ser batch` failed: {output}")
    return str(output).splitlines()[0]


def audio_hours(out: Path) -> float:
    """Return the hours of sound that a batch analysed."""
    table = pq.read_table(out / "files", columns=["duration_s"])
    return float(np.sum(table["duration_s"].to_numpy())) / 3600


@click.group()
def main() -> None:
    """Measure `ser batch`."""
    click.echo(f"load of the machine before: {os.getloadavg()[0]:.1f}; cores: {os.cpu_count()}")


@main.command()
@click.option("--minutes", default=5.0, show_default=True, help="Length of a call.")
@click.option("--calls", default=24, show_default=True, help="How many calls.")
@click.option("--rounds", default=3, show_default=True, help="Each way is measured so often, in turns.")
def speed(minutes: float, calls: int, rounds: int) -> None:
    """One worker on one core, and two on two; start and loading of the model included."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "archive")
        archive.mkdir()
        for number in range(calls):
            (archive / f"{number:04}.wav").write_bytes(sound_file(call(minutes, number)))
        took: dict[int, list[float]] = {1: [], 2: []}
        processor: dict[int, list[float]] = {1: [], 2: []}
        hours = 0.0
        for number in range(rounds):
            for jobs, cores in ((1, "0"), (2, "0,1")):
                out = Path(folder, f"out-{jobs}-{number}")
                before, at_s = os.times(), time.perf_counter()
                line = finished(started(archive, out, jobs, cores))
                took[jobs].append(time.perf_counter() - at_s)
                after = os.times()
                spent_s = sum(after[2:4]) - sum(before[2:4])
                processor[jobs].append(spent_s)
                hours = audio_hours(out)
                click.echo(f"{jobs}: {took[jobs][-1]:.1f} s, processor {spent_s:.1f} s; {line}")
    one, two = (float(np.median(took[jobs])) for jobs in (1, 2))
    click.echo(f"{calls} calls of {minutes:g} min, {hours:.2f} h of audio; medians of {rounds}")
    click.echo(f"1 core {one:.1f} s, 2 cores {two:.1f} s: {one / two:.2f} x")
    click.echo(f"audio hours per minute: {60 * hours / one:.1f} and {60 * hours / two:.1f}")
    core_s = float(np.median(processor[2])) / hours
    total_h = MANY * CALL_MINUTES / 60
    click.echo(
        f"on paper: {core_s:.1f} s of processor time for an hour of audio; {MANY:,} calls of {CALL_MINUTES} "
        f"min are {total_h:,.0f} h of audio, {total_h * core_s / 3600:,.0f} core hours, "
        f"{total_h * core_s / 3600 / WORKERS:.1f} h with {WORKERS} workers of one core"
    )


@main.command()
@click.option("--files", default=10_000, show_default=True, help="How many files; hard links of our clips.")
def memory(files: int) -> None:
    """The memory of a run and of its two workers, by how much of it is done."""
    with tempfile.TemporaryDirectory(dir=ROOT / "build" if (ROOT / "build").is_dir() else None) as folder:
        archive, out = Path(folder, "archive"), Path(folder, "out")
        copies = [Path(folder, clip.path.name) for clip in CLIPS]
        for clip, copy in zip(CLIPS, copies, strict=True):
            copy.write_bytes(clip.path.read_bytes())
        for number in range(files):
            place = archive / f"{number // 1000:03}"
            place.mkdir(parents=True, exist_ok=True)
            os.link(copies[number % len(copies)], place / f"{number:06}.webm")
        at_s = time.perf_counter()
        run = started(archive, out, 2, "0,1")
        seen: list[tuple[int, float, float]] = []
        while run.poll() is None:
            time.sleep(INTERVAL_S)
            parts = len(list((out / "files").glob("part-*"))) if out.is_dir() else 0
            if parts and (not seen or parts > seen[-1][0]):
                with_workers = [run, *run.children(recursive=True)]
                mb = [_mb(process) for process in with_workers]
                # At the very end, they are gone before they can be asked.
                if all(mb):
                    seen.append((parts, mb[0], max(mb[1:], default=0.0)))
        lasted_s = time.perf_counter() - at_s
        click.echo(finished(run))
        total = pq.read_table(out / "files", columns=["id"]).num_rows
        click.echo(
            f"{total:,} rows; {total / lasted_s:.1f} files/s; {audio_hours(out) / (lasted_s / 60):.2f} h/min"
        )
        for share in (0.1, 0.25, 0.5, 0.75, 1.0):
            parts, run_mb, worker_mb = seen[max(0, round(share * len(seen)) - 1)]
            click.echo(f"{parts:>4} parts: run {run_mb:.0f} MB, largest worker {worker_mb:.0f} MB")


def _mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss) / 2**20
    except psutil.Error:
        return 0.0


if __name__ == "__main__":
    main()
