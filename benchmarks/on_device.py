"""What it costs to answer in the browser: bytes over the wire, time per chunk, the page's main thread.

    python benchmarks/on_device.py

Runs the real server and a real browser on this machine; a recording is the microphone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from browser import FAKE_MICROPHONE, FLAGS, executable
from clips import CLIPS, sound_file
from ser.audio.decode import decode
from server import Server

CHUNKS, CHUNK_S = 10, 3.0
TIMES_MS = "performance.getEntriesByName('answer on this device').map(({ duration }) => duration)"


def main() -> None:
    """Print the three."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        microphone = Path(folder) / "speech.wav"
        microphone.write_bytes(sound_file(np.concatenate([decode(clip.path) for clip in CLIPS[::3]])))
        server = Server(Path(folder) / "log")
        try:
            browser = playwright.chromium.launch(
                executable_path=executable(),
                args=[*FLAGS, *FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={microphone}"],
            )
            page = browser.new_page()
            page.goto(server.url)
            watching = page.context.new_cdp_session(page)
            load(page)
            listen(page, watching)
            browser.close()
        finally:
            server.stop()


def load(page: Page) -> None:
    """Turn the device on, and print what came over the wire."""
    sizes: list[tuple[str, int]] = []
    # A thread's requests are not the page's: what the browser received is asked of each answer.
    page.context.on(
        "requestfinished",
        lambda request: sizes.append((request.url, request.sizes()["responseBodySize"])),
    )
    started_s = time.perf_counter()
    page.get_by_test_id("device-switch").check()
    page.wait_for_selector("[data-testid=device][data-phase=ready]", timeout=120_000)
    print(f"ready after {time.perf_counter() - started_s:.1f} s (nothing kept, from this machine)")
    for url, size in sizes:
        print(f"  {size / 1e6:6.2f} MB  {url.rpartition('/')[2]}")
    print(f"  {sum(size for _, size in sizes) / 1e6:6.2f} MB  in all")


def listen(page: Page, watching: CDPSession) -> None:
    """Listen for some chunks, and print what each took, and what the main thread did."""
    page.get_by_test_id("listen-button").click()
    page.get_by_role("button", name="Agree and start").click()
    answered = f"n => {TIMES_MS}.length >= n"
    page.wait_for_function(answered, arg=1, timeout=60_000)
    watching.send("Performance.enable")
    busy_s, started_s = task_s(watching), time.perf_counter()
    page.wait_for_function(answered, arg=1 + CHUNKS, timeout=60_000, polling=1000)
    share = (task_s(watching) - busy_s) / (time.perf_counter() - started_s)
    times_ms = page.evaluate(TIMES_MS)[1:]
    middle_ms = median(times_ms)
    print(
        f"{len(times_ms)} chunks of {CHUNK_S:g} s: median {middle_ms:.0f} ms, longest {max(times_ms):.0f}; "
        f"real-time factor {middle_ms / 1000 / CHUNK_S:.3f}; main thread {share:.1%} busy"
    )


def task_s(watching: CDPSession) -> float:
    """Return for how long the main thread has worked so far."""
    metrics = watching.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


if __name__ == "__main__":
    main()
