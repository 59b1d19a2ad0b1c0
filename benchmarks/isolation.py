"""What decoding in processes of their own costs: the same clips, in this process and in others, in turn.

python benchmarks/isolation.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import click

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clips import CLIPS, transcode
from ser.audio.decode import decode
from ser.audio.decoders import OWN_PROCESS
from ser.audio.isolation.decoder import IsolatedDecoder
from ser.audio.isolation.launcher import Launcher
from ser.evaluation.tables import aligned


@click.command()
@click.option("--rounds", default=300, show_default=True, type=click.IntRange(20))
def measure(rounds: int) -> None:
    """Print the times of a clip in each container, and how long a new process takes to start."""
    launcher = Launcher()
    launcher.keep_running()
    isolated = IsolatedDecoder(launcher, max_source_bytes=0)
    starts_ms = [_ms(isolated.warm_up) for _ in range(20)]
    rows = [["3 s clip", "own process, ms", "process of its own, ms", "difference", "95th percentiles"]]
    clip = decode(CLIPS[0].path)
    for container in ("webm", "wav", "mp3", "m4a"):
        content = transcode(clip, container)
        times_ms: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for decoder, found in zip((OWN_PROCESS, isolated), times_ms, strict=True):
                found.append(_ms(partial(decoder.decode, content)))
        own, other = map(median, times_ms)
        late = " / ".join(f"{quantiles(each, n=20)[-1]:.1f}" for each in times_ms)
        rows.append([container, f"{own:.2f}", f"{other:.2f}", f"{other - own:+.2f}", late])
    click.echo(aligned(rows))
    click.echo(f"A new process is ready after {median(starts_ms):.1f} ms.")
    isolated.close()
    launcher.close()


def _ms(act: Callable[[], object]) -> float:
    started_s = perf_counter()
    act()
    return 1e3 * (perf_counter() - started_s)


if __name__ == "__main__":
    measure()
