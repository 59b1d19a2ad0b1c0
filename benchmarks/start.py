"""Time until a server of two workers is ready, and its memory after 40 requests.

    python benchmarks/start.py [ROOT]

ROOT is another checkout, with its page built, to compare with. Run both in turn: read the figures as ratios.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import psutil

from ser.app import __file__ as _app

ROOT = Path(_app).parents[2]
CLIP = ROOT / "tests" / "data" / "1053_IWL_SAD_XX.webm"
REQUESTS = 40


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def main() -> None:
    """Print one line."""
    root, port = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT, free_port()
    environment = os.environ | {
        "PYTHONPATH": str(root / "backend"),
        "SER_HOST": "127.0.0.1",
        "SER_PORT": str(port),
        "SER_WORKERS": "2",
    }
    started = perf_counter()
    server = subprocess.Popen(  # noqa: S603
        [Path(sys.executable).with_name("ser"), "serve"], cwd=root, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        is_ready = False
        while not is_ready:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
                is_ready = answer.status == 200
            sleep(0.01)
        ready_s = perf_counter() - started
        times_ms = []
        for _ in range(REQUESTS):
            begun = perf_counter()
            command = [
                "curl",
                "-sf",
                "-o",
                os.devnull,
                "-F",
                f"file=@{CLIP}",
                f"http://127.0.0.1:{port}/predict",
            ]
            subprocess.run(command, check=True)  # noqa: S603
            times_ms.append(1e3 * (perf_counter() - begun))
        workers = psutil.Process(server.pid).children(recursive=True)
        own_mb = [each.memory_full_info().uss / 1e6 for each in workers]
        all_mb = sum(each.memory_full_info().pss for each in [psutil.Process(server.pid), *workers]) / 1e6
    finally:
        server.terminate()
        server.wait()
    print(
        f"{root}: ready after {ready_s:.1f} s; first request {times_ms[0]:.0f} ms, median "
        f"{median(times_ms):.0f} ms; a worker alone {max(own_mb):.0f} MB, all {all_mb:.0f} MB"
    )


if __name__ == "__main__":
    main()
